/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_LOCK_RECORDER_H
#define LOCKFERRY_SERVICE_LOCK_RECORDER_H

/*
 * Records in the store which locks are held and which connections clients have, while the group is
 * served. After a crash of this node, they show which locks did not come back and which connections
 * must be renewed.
 *
 * Order of calls: lock_recorder_new() -> lock_recorder_use() after each takeover ->
 * lock_recorder_look() each second -> lock_recorder_renew() when another phase begins ->
 * lock_recorder_free(), after both threads were freed. The recorder looks when `serving` begins and
 * then at most every ten seconds, and writes what has changed.
 *
 * The look runs on a thread of its own, and the store's thread writes. So a client's record never
 * waits for a look. It may wait for the write: one file and its fsync(2), 6.5 MB for 100,000 locks.
 * Look and write together take at most a hundredth of the time. tests/bench/held_locks measures
 * both.
 */

#include "base/worker.h"
#include "group/options.h"
#include "service/problems.h"
#include "service/situation.h"
#include "store/store.h"

typedef struct lock_recorder lock_recorder;

/* `looks` reads the kernel's locks, `writes` owns the store. Sets PROBLEM_LOCKS if the locks cannot
 * be recorded, and PROBLEM_LOCK_SET. All arguments are borrowed. */
lock_recorder *lock_recorder_new(const struct group_options *options, worker *looks, worker *writes,
	struct problems *problems);

/* `to` is borrowed. */
void lock_recorder_use(lock_recorder *self, store *to);

void lock_recorder_look(lock_recorder *self, const struct situation *now);

/*
 * What a running look has seen must not be written any more, and the texts in the store may be out
 * of date. To be called when another phase begins (a handover writes its own set), when the group
 * is being stopped, and when somebody else changed the store.
 */
void lock_recorder_renew(lock_recorder *self);

/* Sets PROBLEM_LOCK_SET: `doubt` says why locks of the group may be held that no lock set contains.
 * NULL: no doubt. */
void lock_recorder_doubt(lock_recorder *self, const char *doubt);

void lock_recorder_free(lock_recorder *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(lock_recorder, lock_recorder_free)

#endif
