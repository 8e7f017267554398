/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_LINK_H
#define LOCKFERRY_KEEPER_LINK_H

/*
 * The network interface of a group's own server, within the group's namespace. How it is attached
 * to a NIC of the node depends on its kind: link_kind.h.
 *
 * link_choose(), link_exists(), link_ask(), link_make(), link_open(), link_close() and
 * link_remove() run outside of the namespace, all others within it. All of them run ip(8), and
 * block for 10 s at most each.
 */

#include "keeper/server_options.h"
#include "net/address_claim.h"

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

/*
 * Fill in the NIC and the kind where the options leave them to us, and check whether this node can
 * have such a link there. The NIC: the one whose network has the first address. The kind: bridge if
 * the NIC is one, else macvlan. Errors: not installed (no such NIC here; or none has a network of
 * that address; or no forwarding), failed (the address is on this node already), argument (the NIC
 * cannot have a link of that kind, by itself or as another group has one of another kind).
 */
bool link_choose(server_options *options, GError **error);

/* Whether the namespace has the link. */
bool link_exists(const char *netns);

/* Ask whether another host has the addresses; address_question_end() says whether nobody has.
 * NULL for a kind where nobody can be asked: the network of a cloud answers for all addresses. */
address_question *link_ask(const server_options *options);

/* Make it in the namespace: down, and without an address. */
bool link_make(const server_options *options, GError **error);

/* Let clients in to it, before link_up(); nobody in any more, before link_down(). Both for those
 * kinds where the node takes part. */
bool link_open(const server_options *options, GError **error);
void link_close(const server_options *options);

/* Whether the socket for link_announce() must be opened before the process enters the namespace;
 * otherwise afterwards. */
bool link_is_announced_on_nic(const server_options *options);

/* Give it the addresses while it is down, set it up, and set the routes. Once more does no harm. */
bool link_up(const server_options *options, GError **error);

/* Tell the neighbours where the addresses are. `fd` is of address_claim_open(). */
bool link_announce(const server_options *options, int fd, GError **error);

/* Set it down, and take its addresses away. True if there is no link. */
bool link_down(GError **error);

/* Remove it from the namespace, which would take it along only some time after its own end. True if
 * it is not there. */
bool link_remove(const char *netns, GError **error);

/* {"kind": "macvlan", "nic": S, "name": "nfs0", "up": B, "addresses": [S, ...]}; the caller unrefs
 * it. */
JsonObject *link_to_json(const server_options *options);

#endif
