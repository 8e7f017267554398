/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_LOCK_RECORDER_H
#define LOCKFERRY_SERVICE_LOCK_RECORDER_H

/*
 * The locks that are held and the connections that clients have while the group is served, recorded
 * in the store: after a crash of this node they tell which locks did not come back, and which
 * connections must be renewed.
 *
 * lock_recorder_new() -> lock_recorder_use() when the group was taken over -> lock_recorder_look()
 * each second, which looks as the group begins to be served, and then every ten seconds at most;
 * what changed is written -> lock_recorder_renew() as another phase begins -> lock_recorder_free(),
 * after both threads.
 *
 * Both are looked at on the thread for that, and written by the store's, so that a record of a
 * client never waits for a look. It may wait for the write, which is one file and its fsync(2): of
 * a set of 100,000 locks 6.5 MB. A look and the write together take a hundredth of the time at
 * most. tests/bench/held_locks measures both.
 */

#include "base/worker.h"
#include "group/options.h"
#include "service/problems.h"
#include "service/situation.h"
#include "store/store.h"

typedef struct lock_recorder lock_recorder;

/* `looks` looks, `writes` owns the store. The problems are PROBLEM_LOCKS, that they cannot be
 * recorded, and PROBLEM_LOCK_SET. All is borrowed. */
lock_recorder *lock_recorder_new(const struct group_options *options, worker *looks, worker *writes,
	struct problems *problems);

/* The store; borrowed. */
void lock_recorder_use(lock_recorder *self, store *to);

void lock_recorder_look(lock_recorder *self, const struct situation *now);

/*
 * What was seen so far must not be written any more, and what is in the store may be of another
 * time: another phase begins, as when the group is handed over with a set of its own; it is being
 * stopped; or somebody else wrote there.
 */
void lock_recorder_renew(lock_recorder *self);

/* PROBLEM_LOCK_SET: why locks of the group may be held that no set of it has; NULL: for no reason.
 */
void lock_recorder_doubt(lock_recorder *self, const char *doubt);

void lock_recorder_free(lock_recorder *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(lock_recorder, lock_recorder_free)

#endif
