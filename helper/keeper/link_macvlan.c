/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * A macvlan on the NIC. Its MAC address comes from the group's first address, so it is the same on
 * every node that serves the group, and clients need not learn another one after a move.
 */

#include "keeper/link_kind.h"

static void make(const struct link_place *place, GPtrArray *steps)
{
	link_step(steps, "ip", "link", "add", "link", place->options->nic, "name", LINK_NAME,
		"address", place->mac, "netns", place->netns, "type", "macvlan", "mode", "bridge",
		NULL);
}

const struct link_kind link_macvlan = {
	.name = "macvlan",
	.modules = {"macvlan"},
	.excluded = "ipvlan",
	.asks_first = true,
	.make = make,
	.address = link_steps_address,
	.route = link_steps_gateways,
};
