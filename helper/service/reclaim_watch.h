/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_RECLAIM_WATCH_H
#define LOCKFERRY_SERVICE_RECLAIM_WATCH_H

/*
 * The locks that clients have to reclaim: after a clean handover, how many are back, and the grace
 * period ended with the last one; and as it is over, whether some are not back. A look at
 * /proc/locks takes time, and the other groups that are asked may not answer, so both are jobs of a
 * thread of their own.
 *
 * reclaim_watch_new() -> reclaim_watch_expect() at each takeover -> reclaim_watch_look() each
 * second -> the call-back when grace was ended -> reclaim_watch_free(), after the worker.
 *
 * Grace is ended early only if the locks that were handed over are known, these and no others; if
 * all of them are back, in two looks in a row; if all clients have heard, where no lock was held,
 * as none may have been noticed; and if no other group needs it (server/server.h).
 */

#include "base/worker.h"
#include "group/options.h"
#include "kernel/lock_set.h"
#include "service/cautions.h"
#include "service/situation.h"

typedef struct reclaim_watch reclaim_watch;

/* Grace was ended: the recovery is over, and reclaim_view says that all locks are back. To be used
 * at once: a process that is started in our place now would find a recovery that is due, and no
 * grace. */
typedef void (*reclaim_watch_ended)(void *data);

/* `looks` runs the jobs. Locks that were not reclaimed are a caution. All is borrowed. */
reclaim_watch *reclaim_watch_new(const struct group_options *options, worker *looks,
	struct cautions *cautions, reclaim_watch_ended ended, void *data);

struct reclaim_expectation {
	lock_set *locks;  /* taken; that clients have to reclaim; NULL: it is not known */
	bool exact;       /* all of them, and no other */
	bool after_crash; /* they were recorded before it; else noted at the handover */
};

/* The group was taken over. What was expected before is forgotten. */
void reclaim_watch_expect(
	reclaim_watch *self, const struct reclaim_expectation *expected, gint64 now_us);

/* Look now and then how many of them are back. */
void reclaim_watch_look(reclaim_watch *self, const struct situation *now);

/* Texts are the watch's. */
struct reclaim_view {
	bool known;            /* the very ones, and grace runs: it ends with the last */
	guint noted;           /* how many they are */
	guint missing;         /* how many of them were not back yet when last looked for */
	bool all_back;         /* nobody has any to reclaim any more */
	const char *needed_by; /* the group for which grace goes on all the same; NULL: none */
	const char *awaited; /* what new locks wait for, now that grace was ended; NULL: nothing */
};

struct reclaim_view reclaim_watch_view(const reclaim_watch *self);

void reclaim_watch_free(reclaim_watch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(reclaim_watch, reclaim_watch_free)

#endif
