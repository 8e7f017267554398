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

#include "group/options.h"

/*
 * Takes the node's lock on the lock manager; only one process has it at a time. So one grace period
 * is begun for all groups that arrive together, and no group mistakes a lock manager that is being
 * restarted for one that is gone. Returns a file descriptor that the caller closes; -1 with
 * `error`.
 */
int grace_lock(const char *run_dir, GError **error);

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

/* Returns false with `error` if the kernel refuses. `result` must be all zero before. */
bool grace_end(const struct group_options *options, const char *lock_manager,
	struct grace_end *result, GError **error);
void grace_end_clear(struct grace_end *self);

struct grace_need {
	guint clients;        /* how many have locks to reclaim */
	bool first;           /* the process takes the group over for the first time */
	bool address_is_here; /* other clients may have taken locks that were not reclaimed yet */
};

enum grace {
	GRACE_NONE, /* no client can reclaim now; `error` says why */
	GRACE_RUNS, /* clients can reclaim */
	/* clients can reclaim, and every lock of the node is gone: the lock manager was
	 * restarted */
	GRACE_BEGUN,
};

/* Provides a grace period for these clients, in the way that options->grace says. Returns
 * GRACE_RUNS if there are no clients. `warnings` gets owned char *. */
enum grace grace_have(const struct group_options *options, const struct grace_need *need,
	GPtrArray *warnings, GError **error);

/*
 * Whether the rest of the running grace period is too short for clients that are told later, so
 * that another one must begin while the group's address is away. Always false if another group is
 * on this node, because it would have to recover once more, and if options->grace is not `auto`.
 */
bool grace_runs_short(const struct group_options *options);

#endif
