/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_VERIFY_GROUP_LOOK_H
#define LOCKFERRY_VERIFY_GROUP_LOOK_H

/*
 * Finds which locks of a group the lock manager holds, and how reliable this is. Every decision
 * about locks depends on it. It combines several looks (lock_looks.h), reports the places that it
 * could not look at, and notices a restart of the lock manager.
 *
 * Order of calls: group_look_run() -> read the outputs -> group_look_clear(), also after an error.
 * It blocks, so call it only from threads that may block.
 */

#include "group/options.h"
#include "kernel/lock_set.h"

/* Time limit for the looks of one decision. At least three looks are needed; with 100,000 locks,
 * one takes three seconds. */
#define GROUP_LOOK_MS 20000

struct group_look {
	lock_set *held;    /* owned */
	bool agreed;       /* the looks agree: no lock was missed */
	bool restarted;    /* the lock manager was restarted: `held` is not of the new one */
	GPtrArray *doubts; /* owned; of owned char *: where locks of the group may be held that
			    * are not in the set, and what to do about it */
};

/* `expected`: the looks end as soon as all of these locks were seen; NULL: no such end. Errors:
 * those of filesystems_now() and lock_set_held(). */
bool group_look_run(struct group_look *self, const struct group_options *options,
	const char *lock_manager, const lock_set *expected, guint max_ms, GError **error);

/* Whether the set has every lock of the group and no other. */
bool group_look_is_whole(const struct group_look *self);

/* Why the set is not whole, as one text; NULL if it is. group_look_places() names only the doubts,
 * group_look_doubt() every reason. The caller frees it. */
char *group_look_places(const struct group_look *self);
char *group_look_doubt(const struct group_look *self);

void group_look_clear(struct group_look *self);

#endif
