/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_VERIFY_GROUP_LOOK_H
#define LOCKFERRY_VERIFY_GROUP_LOOK_H

/*
 * Which locks of a group the lock manager holds, and how reliable that is. Every decision about
 * locks depends on it. It combines several looks (lock_looks.h), reports which places it could not
 * look at, and notices if the lock manager was restarted meanwhile.
 *
 * group_look_run() -> the outputs -> group_look_clear(), also after an error. It blocks, so call it
 * only from threads that may block.
 */

#include "group/options.h"
#include "kernel/lock_set.h"

/* Time limit for the looks of one decision. At least three are needed; with 100,000 locks, one
 * takes three seconds. */
#define GROUP_LOOK_MS 20000

struct group_look {
	lock_set *held;    /* owned */
	bool agreed;       /* the looks agree: no lock was missed */
	bool restarted;    /* the lock manager was restarted: these are not its locks */
	GPtrArray *doubts; /* owned; of owned char *: where locks of the group may be held that
			    * are not in the set, and what to do about it */
};

/* `expected`: the looks end as soon as all of them were seen; NULL: none. Errors of
 * filesystems_now() and lock_set_held(). */
bool group_look_run(struct group_look *self, const struct group_options *options,
	const char *lock_manager, const lock_set *expected, guint max_ms, GError **error);

/* Whether the set has every lock of the group, and no other. */
bool group_look_is_whole(const struct group_look *self);

/* Why it does not, as one text: from the doubts only, and from everything. NULL if there is no
 * reason. The caller frees it. */
char *group_look_places(const struct group_look *self);
char *group_look_doubt(const struct group_look *self);

void group_look_clear(struct group_look *self);

#endif
