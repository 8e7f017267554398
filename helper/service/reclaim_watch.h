/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_RECLAIM_WATCH_H
#define LOCKFERRY_SERVICE_RECLAIM_WATCH_H

/*
 * Watches the locks that clients must reclaim. After a clean handover it counts how many are back,
 * and ends the grace period when the last one is back. When grace is over, it reports locks that
 * are not back. Reading /proc/locks takes time, and the other groups that are asked may not answer,
 * so both are jobs of a thread of their own.
 *
 * Order of calls: reclaim_watch_new() -> reclaim_watch_expect() at each takeover ->
 * reclaim_watch_look() each second -> the call-back when grace was ended early ->
 * reclaim_watch_free(), after the worker was freed.
 *
 * Grace is ended early only if all of this is true:
 * - The lock set that was handed over is known and exact.
 * - All its locks are back, in two looks in a row.
 * - If the set is empty, all clients have answered: a lock may have been overlooked.
 * - No other group needs the grace period (server/grace.h).
 */

#include "base/worker.h"
#include "group/options.h"
#include "kernel/lock_set.h"
#include "service/cautions.h"
#include "service/situation.h"

typedef struct reclaim_watch reclaim_watch;

/* The grace period was ended early: the recovery is over, and reclaim_view says that all locks are
 * back. The receiver must save this at once. Otherwise, if this process is replaced now, the new
 * one finds a recovery that is due and no grace period. */
typedef void (*reclaim_watch_ended)(void *data);

/* `looks` runs the jobs. Locks that were not reclaimed become a caution. All arguments are
 * borrowed. */
reclaim_watch *reclaim_watch_new(const struct group_options *options, worker *looks,
	struct cautions *cautions, reclaim_watch_ended ended, void *data);

struct reclaim_expectation {
	lock_set *locks;  /* passes to the watch; the locks to reclaim; NULL: not known */
	bool exact;       /* `locks` has all of them, and no other */
	bool after_crash; /* recorded before a crash; otherwise noted at the handover */
};

/* The group was taken over. The locks of an earlier takeover are forgotten. */
void reclaim_watch_expect(
	reclaim_watch *self, const struct reclaim_expectation *expected, gint64 now_us);

/* Checks from time to time how many of the locks are back. */
void reclaim_watch_look(reclaim_watch *self, const struct situation *now);

/* The texts belong to the watch. */
struct reclaim_view {
	bool known;            /* the set is exact and grace runs: it ends with the last lock */
	guint noted;           /* how many locks are expected */
	guint missing;         /* how many of them were missing in the last look */
	bool all_back;         /* no lock is missing any more */
	const char *needed_by; /* another group that still needs the grace period; NULL: none */
	/* why new locks still wait although grace was ended; NULL: they do not */
	const char *awaited;
};

struct reclaim_view reclaim_watch_view(const reclaim_watch *self);

void reclaim_watch_free(reclaim_watch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(reclaim_watch, reclaim_watch_free)

#endif
