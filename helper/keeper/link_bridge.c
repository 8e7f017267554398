/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * A pair of interfaces, of which one is a port of a bridge that the node has: the NIC is the
 * bridge. The node reaches the group, too. The MAC address is as that of a macvlan.
 */

#include "base/error.h"
#include "keeper/link_kind.h"

static void make(const struct link_place *place, GPtrArray *steps)
{
	link_steps_pair(place, steps);
	link_step(steps, "ip", "link", "set", "dev", place->pair, "master", place->options->nic,
		NULL);
	link_step(steps, "ip", "link", "set", "dev", place->pair, "up", NULL);
}

static bool check(const struct link_place *place, GError **error)
{
	if (g_strcmp0(place->nic_kind, "bridge") == 0)
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
		"parameter 'link': '%s' is not a bridge: set the parameter 'nic' to a bridge of this node, or 'link' to another kind",
		place->options->nic);
	return false;
}

const struct link_kind link_bridge = {
	.name = "bridge",
	.modules = {"bridge", "veth"},
	.asks_first = true,
	.make = make,
	.address = link_steps_address,
	.route = link_steps_gateways,
	.check = check,
};
