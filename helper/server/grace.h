/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVER_GRACE_H
#define LOCKFERRY_SERVER_GRACE_H

/*
 * Provides the grace period in which the clients of a group reclaim their locks after a takeover:
 * proves that one runs, or begins one.
 *
 * Order of calls: grace_lock() -> read the lock manager's incarnation, and decide how the group
 * goes on -> grace_have() -> if it began a grace period, repeat from the second step -> close() the
 * lock. All of this blocks; runs on the worker thread.
 */

#include "kernel/kernel.h"

/* Whether `left` of the `seconds` of the grace period that runs are too few to begin to tell
 * clients in. 0 is what nobody can tell, and is not short. Pure. */
bool grace_is_short(guint seconds, guint left);

/* Say so, or that even the whole one is short. `warnings`: of owned char *. */
void grace_warn_if_short(const struct kernel *kernel, GPtrArray *warnings);

/*
 * grace_end() ends the grace period of this incarnation of the lock manager early, because this
 * group no longer needs it. It does nothing if another process holds the lock of grace_lock(), or
 * if another group on this node may need the grace period. Each of these groups is asked
 * (neighbours_find()); a group that does not answer counts as needing it. NFSv4's own grace period
 * is left to nfsd, unless nfsd does not serve version 4. For a thread that may wait.
 */
struct grace_end {
	bool ended;      /* by this call */
	char *needed_by; /* owned; a group that still needs it; NULL: none is known */
	char *awaited;   /* owned; if ended: what new locks still wait for; NULL: nothing */
};

void grace_end_clear(struct grace_end *self);

/* End the one that runs under that incarnation of the lock manager, and NFSv4's where the server
 * speaks no version 4; nothing where it does not run. False with `error`: the kernel refuses. */
bool grace_end_now(const struct kernel *kernel, const char *lock_manager, struct grace_end *result,
	GError **error);

#endif
