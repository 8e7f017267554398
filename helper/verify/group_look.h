/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_VERIFY_GROUP_LOOK_H
#define LOCKFERRY_VERIFY_GROUP_LOOK_H

/*
 * Which locks of a group the lock manager holds, and how far that is to be trusted. Every decision
 * about locks rests on it: it joins several looks (lock_looks.h), says which places it could not
 * look at, and notices a lock manager that was restarted meanwhile.
 *
 * group_look_run() -> the outputs -> group_look_clear(), also after an error. It blocks: for a
 * thread that may.
 */

#include "group/options.h"
#include "kernel/lock_set.h"

/* What the looks of one decision may take. Three are needed at least; of 100,000 locks one takes
 * three seconds. */
#define GROUP_LOOK_MS 20000

struct group_look {
	lock_set *held;    /* owned */
	bool agreed;       /* the looks came to an end: none was left out */
	bool restarted;    /* the lock manager is another one by now: these are not its locks */
	GPtrArray *doubts; /* owned; of owned char *: where locks of the group may be held that are
			      not in the set, and what to do about it */
};

/* `expected`: the looks end as soon as all of them were seen; NULL: none. Errors of
 * filesystems_now() and lock_set_held(). */
bool group_look_run(struct group_look *self, const struct group_options *options,
	const char *lock_manager, const lock_set *expected, guint max_ms, GError **error);

/* Whether every lock of the group is in the set, and no other. */
bool group_look_is_whole(const struct group_look *self);

/* Why it is not, as one text; of the doubts alone, and of all; NULL when there is no reason. The
 * caller frees it. */
char *group_look_places(const struct group_look *self);
char *group_look_doubt(const struct group_look *self);

void group_look_clear(struct group_look *self);

#endif
