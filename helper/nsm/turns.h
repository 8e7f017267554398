/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_TURNS_H
#define LOCKFERRY_NSM_TURNS_H

/*
 * One after the other: whoever has the turn keeps it until turns_end(), or for a limited time. The
 * next one is then the one that has waited longest. Knows no clock; times are monotonic, in
 * microseconds. `who` is compared only.
 */

#include <glib.h>
#include <stdbool.h>

typedef struct turns turns;

turns *turns_new(void);

/* How long one may keep the turn. 0, as at first: nobody waits. */
void turns_limit(turns *self, gint64 longest_us);

/* True: `who` has the turn, or nobody waits. False: it waits, until turns_next() returns it. */
bool turns_take(turns *self, gpointer who, gint64 now_us);

/* Who has the turn, or had it for the longest time; NULL: nobody. */
gpointer turns_holder(const turns *self);

/* The turn is over, if `who` has it. */
void turns_end(turns *self, gpointer who);

/* Gives the turn to the next one, and returns it. NULL: nobody waits, or it is not yet time. */
gpointer turns_next(turns *self, gint64 now_us);

/* When turns_next() will return one; 0: now; -1: nobody waits. */
gint64 turns_due(const turns *self);

void turns_free(turns *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(turns, turns_free)

#endif
