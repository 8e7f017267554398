/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_USERS_H
#define LOCKFERRY_SERVICE_USERS_H

/*
 * Finds which clients are known to use the group. statd's records are those of all groups of a
 * node, and the kernel does not show which client holds a lock. What is left are the connections
 * that clients had with the group's addresses. A client without a connection may or may not use the
 * group, because an idle client with locks may have closed it.
 *
 * Order of calls: users_of() with the recorded connections -> users_mark(), which sets
 * client.uses_group.
 */

#include "group/client_list.h"
#include "nsm/hosts.h"

/* The client addresses of these connections (net/connections.h), as a set of owned texts; NULL
 * gives an empty set. The caller unrefs it. */
GHashTable *users_of(const GArray *connections);

/* Marks the clients of the list that are in `users`. `addresses` are the group's addresses
 * (numeric, NULL-terminated). Never removes a mark. */
void users_mark(
	GHashTable *users, client_list *clients, const hosts *known, const char *const *addresses);

#endif
