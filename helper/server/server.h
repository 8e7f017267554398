/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVER_SERVER_H
#define LOCKFERRY_SERVER_SERVER_H

/*
 * Who runs the NFS server whose locks are the group's, and how its clients get a grace period to
 * reclaim them in:
 *
 * - shared.c: the node runs one server for all its groups. It runs before a group comes, and stays
 *   when a group leaves. A grace period is proven to run, or begun by a restart that every group of
 *   the node notices.
 * - isolated.c: the group has a server of its own, in namespaces of its own (options->own_server),
 *   which its keeper starts and stops (own.h). Nobody else has locks there, and nobody else is
 *   asked.
 *
 * A takeover: server_take_turn() -> the lock manager's incarnation is looked at, and what becomes
 * of the group is decided -> server_have_grace() -> where the locks went with that, once more from
 * the second step on -> server_end_turn() -> server_start() where it is the group's own -> the
 * group is taken. A handover: the last snapshot -> server_stop() -> the group is released. For the
 * worker thread, as all of it blocks.
 */

#include "group/options.h"
#include "server/grace.h"

/*
 * One process on the node at a time: groups that arrive together have one grace period begun for
 * all of them, and no group takes a lock manager that is being restarted for one that is gone. A
 * server of its own concerns no other group: there is nothing to wait for. If a process was killed
 * in the middle of a restart of the shared server, that is finished first (restart_finish()), and
 * `warnings` (of owned char *) says so. False with `error`; server_end_turn() is called in any
 * case.
 */
bool server_take_turn(
	const struct group_options *options, int *turn, GPtrArray *warnings, GError **error);
void server_end_turn(int turn);

struct grace_need {
	guint clients; /* how many have locks to reclaim */
	bool recover;  /* a new recovery begins; else one goes on, under the same server */
	bool first;    /* the process takes the group over for the first time */
	const char *lock_manager; /* the incarnation that the state has, if it runs; NULL */
	bool address_is_here;     /* so locks may have been taken that were not reclaimed yet */
};

enum grace {
	GRACE_NONE,  /* nobody can reclaim now; `error` says why */
	GRACE_RUNS,  /* clients can reclaim: now, or as soon as the group's own server is started */
	GRACE_BEGUN, /* so they can, and every lock of that server is gone: the lock manager was
			restarted, or the group's own server was stopped to be started again */
};

/*
 * Have a grace period for those clients, from where options->grace names. Where there are
 * none, GRACE_RUNS. `warnings`: of owned char *.
 */
enum grace server_have_grace(const struct group_options *options, const struct grace_need *need,
	GPtrArray *warnings, GError **error);

/*
 * The group may be taken, and its records are in statd's directory: from now on its own server
 * runs, in a grace period if there are `clients` that have yet to reclaim. `*is_new`: it was begun
 * now, so the lock manager's incarnation is another one. A shared server runs already. False with
 * `error`: clients cannot reclaim, and what was begun may run in part. `grace_s`: how long the
 * grace period is then.
 */
bool server_start(const struct group_options *options, guint clients, guint grace_s, bool *is_new,
	GError **error);

/*
 * Nobody can reach the group, and its locks are noted: the group's own server ends and drops them,
 * and its daemons end, also where it did not run. A shared server stays. False with `error`: it may
 * still run, or have locks.
 */
bool server_stop(const struct group_options *options, GError **error);

/*
 * Whether so little is left of the grace period that runs that another one must begin while the
 * group's address is away: clients that are told now may come too late. Of a shared server not
 * where another group is here, which would recover once more, nor where options->grace says how to
 * have it. `lock_manager`: the incarnation that the state has.
 */
bool server_grace_runs_short(const struct group_options *options, const char *lock_manager);

/*
 * End the grace period that runs under that incarnation of the lock manager before its time, as
 * this group needs it no more. On a shared server not while another process is just looking at the
 * lock manager, nor where another group on this node may need it: each of them is asked
 * (neighbours_find()), and one that doesn't answer needs it. What becomes of NFSv4's own grace
 * period is nfsd's business, unless it speaks no version 4. For a thread that may wait. False with
 * `error` when the kernel refuses. `result`: all zero before.
 */
bool server_end_grace(const struct group_options *options, const char *lock_manager,
	struct grace_end *result, GError **error);

#endif
