/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * An ipvlan on the NIC. It has the NIC's MAC address, so it also works where a port may have one
 * only: the kernel gives it the packets for the group's addresses. After a move, clients must learn
 * another MAC address.
 */

#include "keeper/link_kind.h"

static void make(const struct link_place *place, GPtrArray *steps)
{
	link_step(steps, "ip", "link", "add", "link", place->options->nic, "name", LINK_NAME,
		"netns", place->netns, "type", "ipvlan", "mode", "l2", NULL);
}

const struct link_kind link_ipvlan = {
	.name = "ipvlan",
	.modules = {"ipvlan"},
	.excluded = "macvlan",
	.asks_first = true,
	.make = make,
	.address = link_steps_address,
	.route = link_steps_gateways,
};
