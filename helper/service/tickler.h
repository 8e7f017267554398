/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_TICKLER_H
#define LOCKFERRY_SERVICE_TICKLER_H

/*
 * Renews the TCP connections that clients had with the group on its earlier node, as soon as its
 * addresses are here. Without this, a client notices by itself that its connection is dead, which
 * takes as long again as the group was away (net/tickle.h).
 *
 * Order of calls: tickler_new() -> tickler_expect() at each takeover -> tickler_arrived() for each
 * address that is here, any number of times -> tickler_free(). A failure is logged; it only costs
 * the clients time.
 */

#include <glib.h>

typedef struct tickler tickler;

tickler *tickler_new(void);

/* The group was taken over. `connections` (of struct connection) are those that clients had before;
 * they pass to the tickler; NULL: none must be renewed. `addresses` is the number of the group's
 * addresses. Ends the work for an earlier takeover. */
void tickler_expect(tickler *self, GArray *connections, guint addresses);

/* `address` is on this node: renews its connections, once for each takeover. After the last
 * address, the connections are forgotten. */
void tickler_arrived(tickler *self, const char *address);

void tickler_free(tickler *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(tickler, tickler_free)

#endif
