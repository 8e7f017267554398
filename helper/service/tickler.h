/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_TICKLER_H
#define LOCKFERRY_SERVICE_TICKLER_H

/*
 * The connections that clients had with the group where it was before: renewed as soon as its
 * addresses are here, so that no client finds out by itself, which takes as long again as the
 * group was away (net/tickle.h).
 *
 * tickler_new() -> tickler_expect() at each takeover -> tickler_arrived() for each address that is
 * here, as often as one likes -> tickler_free(). A failure is logged, and costs the clients time
 * only.
 */

#include <glib.h>

typedef struct tickler tickler;

tickler *tickler_new(void);

/* The group was taken over, and clients had these connections with it before (of struct connection;
 * taken; NULL: none that must be renewed), at so many addresses. What went on for an earlier
 * takeover ends. */
void tickler_expect(tickler *self, GArray *connections, guint addresses);

/* That address is here: the connections with it are renewed, once in a takeover. They are
 * forgotten with the last address. */
void tickler_arrived(tickler *self, const char *address);

void tickler_free(tickler *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(tickler, tickler_free)

#endif
