/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_USERS_H
#define LOCKFERRY_SERVICE_USERS_H

/*
 * Which clients are known to use the group. statd's records are those of all groups of a node, and
 * the kernel names no client with a lock: what is left are the connections that clients had with
 * the group's addresses. Without one nothing is known, as an idle client with locks may have closed
 * its own.
 *
 * users_of() what was recorded -> users_mark() -> client.uses_group.
 */

#include "group/client_list.h"
#include "nsm/hosts.h"

/* The clients of connections (net/connections.h), by address; NULL: of none. A set of owned texts;
 * the caller unrefs it. */
GHashTable *users_of(const GArray *connections);

/* Mark those of the list; `addresses` are the group's (numeric, NULL-terminated). Nobody's mark is
 * taken back. */
void users_mark(
	GHashTable *users, client_list *clients, const hosts *known, const char *const *addresses);

#endif
