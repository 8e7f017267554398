/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_LINK_H
#define LOCKFERRY_KEEPER_LINK_H

/*
 * The network interface of a group's own server: a macvlan on a NIC of the node, within the group's
 * namespace. Its MAC address comes from the group's first address, so it is the same on every node
 * that serves the group, and clients need not learn another one after a move.
 *
 * link_find_nic() and link_make() run outside of the namespace, all others within it. All of them
 * run ip(8), and block for 10 s at most each.
 */

#include "keeper/server_options.h"

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

#define LINK_NAME "nfs0"

/*
 * The NIC on which the link is made: that of the options, or else the one whose network has the
 * first address. The caller frees it. Errors: not installed (no such NIC here; or none has a
 * network of that address), failed (the address is on this node already).
 */
char *link_find_nic(const server_options *options, GError **error);

/* Whether the namespace has the link. */
bool link_exists(const char *netns);

/* Make it in the namespace: down, and without an address. */
bool link_make(const server_options *options, const char *nic, const char *netns, GError **error);

/* The MAC address for that group address. The caller frees it. */
char *link_mac(const char *address);

/* Give it the addresses while it is down, set it up, and set the routes to the gateways. The kernel
 * announces the addresses when it goes up. Once more does no harm. */
bool link_up(const server_options *options, GError **error);

/* Have the kernel announce the addresses once more. */
bool link_announce(const server_options *options, GError **error);

/* Set it down, and take its addresses away. True if there is no link. */
bool link_down(GError **error);

/* {"kind": "macvlan", "nic": S, "name": "nfs0", "up": B, "addresses": [S, ...]}; the caller unrefs
 * it. */
JsonObject *link_to_json(const server_options *options);

#endif
