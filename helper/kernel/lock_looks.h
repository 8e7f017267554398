/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KERNEL_LOCK_LOOKS_H
#define LOCKFERRY_KERNEL_LOCK_LOOKS_H

/*
 * Looks at /proc/locks, joined. While other programs lock and unlock, one look leaves some of the
 * locks out and lists others twice (lock_set.h): with 10,000 locks and 100 flock()s a second, 98.6
 * % of the looks do. Which ones differs from look to look, so looks are joined until two in a row
 * add nothing to what the ones before had.
 *
 * A lock for writing is in the joined set once any look has it. A lock for reading, which several
 * clients may share, is in it as often as two of the looks had it, and once if any had it: so
 * neither a look that left one out nor one that listed one twice counts.
 *
 * lock_looks_new() -> lock_looks_add() ... -> lock_looks_join() -> lock_looks_free(). Pure, but for
 * lock_looks_held().
 */

#include "kernel/lock_set.h"

typedef struct lock_looks lock_looks;

lock_looks *lock_looks_new(void);
void lock_looks_free(lock_looks *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(lock_looks, lock_looks_free)

void lock_looks_add(lock_looks *self, const lock_set *look);

/* Whether the last two looks added nothing. */
bool lock_looks_agree(const lock_looks *self);

/* The set; lock_set_elsewhere() of it is the most that a look had. */
lock_set *lock_looks_join(const lock_looks *self);

/*
 * Looks of lock_set_held(), joined until they agree, or until every lock of `expected` (NULL: none)
 * was seen: while one of those is missing they go on for a second. No look is begun that would not
 * end within `max_ms`, if it takes as long as the one before; the first always is. `*agreed` tells
 * whether they came to an end: if not, locks may be missing from the set. It blocks for that long:
 * for a thread that may.
 */
lock_set *lock_looks_held(const struct kernel *kernel, const GArray *filesystems,
	const char *lock_manager, const lock_set *expected, guint max_ms, bool *agreed,
	GError **error);

#endif
