/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVER_GRACE_H
#define LOCKFERRY_SERVER_GRACE_H

/*
 * The grace period in which the clients of a group that is taken over reclaim their locks: it is
 * proven to run, or begun.
 *
 * grace_lock() -> the lock manager's incarnation is looked at, and what becomes of the group is
 * decided -> grace_have() -> where that began a grace period, once more from the second step on ->
 * close() the lock. For the worker thread, as all of it blocks.
 */

#include "group/options.h"

/*
 * One process on the node at a time: groups that arrive together have one grace period begun for
 * all of them, and no group takes a lock manager that is being restarted for one that is gone. A
 * file descriptor, to be closed; -1 with `error`.
 */
int grace_lock(const char *run_dir, GError **error);

/*
 * End the grace period that runs under that incarnation of the lock manager before its time, as
 * this group needs it no more: unless another process is just looking at the lock manager, or
 * another group on this node may need it. Each of them is asked (neighbours_find()), one that
 * doesn't answer needs it. What becomes of NFSv4's own grace period is nfsd's business, unless it
 * speaks no version 4. For a thread that may wait.
 */
struct grace_end {
	bool ended;      /* now */
	char *needed_by; /* owned; the group that still needs it; NULL: none is known of */
	char *awaited;   /* owned; when ended: what new locks still wait for; NULL: for nothing */
};

/* False with `error` when the kernel refuses. All zero before. */
bool grace_end(const struct group_options *options, const char *lock_manager,
	struct grace_end *result, GError **error);
void grace_end_clear(struct grace_end *self);

struct grace_need {
	guint clients;        /* how many have locks to reclaim */
	bool first;           /* the process takes the group over for the first time */
	bool address_is_here; /* so locks may have been taken that were not reclaimed yet */
};

enum grace {
	GRACE_NONE,  /* nobody can reclaim now; `error` says why */
	GRACE_RUNS,  /* clients can reclaim */
	GRACE_BEGUN, /* so they can, and every lock of the node is gone: the lock manager was
			restarted */
};

/*
 * Have a grace period for those clients, from where options->grace names. Where there are
 * none, GRACE_RUNS. `warnings`: of owned char *.
 */
enum grace grace_have(const struct group_options *options, const struct grace_need *need,
	GPtrArray *warnings, GError **error);

/*
 * Whether so little is left of the grace period that runs that another one must begin while the
 * group's address is away: clients that are told now may come too late. Not where another group is
 * here, which would recover once more, nor where options->grace says how to have it.
 */
bool grace_runs_short(const struct group_options *options);

#endif
