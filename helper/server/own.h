/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVER_OWN_H
#define LOCKFERRY_SERVER_OWN_H

/*
 * Asks the keeper of a group's own NFS server (keeper/keeper.h) over its socket,
 * RUN_DIR/server/GROUP.sock. Each function blocks until the answer or the deadline: for a worker
 * thread, or for a command.
 *
 * own_server_start() once the group is ours and its records are in statd's directory, before anyone
 * can reach the group -> own_server_stop() when the group is frozen and its last snapshot is taken
 * -> own_server_leave().
 *
 * Errors of all of them: not running (no keeper is there), timeout (the deadline passed; the keeper
 * goes on with what it was asked; or what it asked did not answer), privilege, and failed with the
 * keeper's own words. `deadline_us`: of g_get_monotonic_time().
 */

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

/*
 * The daemons run and answer, everything is exported, and the NFS server runs within a grace period
 * of lockd that began with it. A server that the keeper started before and that still runs is left
 * as it is; then true means that it runs, and its grace period may be over. No-one has locks of a
 * server that was started now. `grace_s`: how long both grace periods are, in seconds, 10 at least;
 * the request is "start-server SECONDS".
 */
bool own_server_start(
	const char *run_dir, const char *group, guint grace_s, gint64 deadline_us, GError **error);

/*
 * No lock is left in the group's filesystems, neither the server nor its daemons run. True also
 * where nothing ran. False: something is left, and the group must not be called released.
 */
bool own_server_stop(const char *run_dir, const char *group, gint64 deadline_us, GError **error);

/* The caller unrefs it. keeper/keeper_status.h describes the members. */
JsonObject *own_server_status(
	const char *run_dir, const char *group, gint64 deadline_us, GError **error);

/* Each daemon is asked for an answer. One that does not answer is killed, and restarted:
 * own_server_status() shows it. The keeper also does this by itself, every ten seconds. */
bool own_server_check(const char *run_dir, const char *group, gint64 deadline_us, GError **error);

/* The server is asked for what a client does (keeper/nfs_probe.h). */
bool own_server_probe(const char *run_dir, const char *group, gint64 deadline_us, GError **error);

/* The addresses come, or go with the link. */
bool own_server_address_up(
	const char *run_dir, const char *group, gint64 deadline_us, GError **error);
bool own_server_address_down(
	const char *run_dir, const char *group, gint64 deadline_us, GError **error);

/* Export, and have as many threads, as RUN_DIR/server/GROUP.conf says now. */
bool own_server_reload(const char *run_dir, const char *group, gint64 deadline_us, GError **error);

/* The group's filesystem is unmounted within the namespace, and the keeper ends. */
bool own_server_leave(const char *run_dir, const char *group, gint64 deadline_us, GError **error);

/* Have the keepers of the other groups connect to lockd (lockd_wake.h). One that does not answer
 * within half a second is left. */
void own_server_wake_others(const char *run_dir, const char *group);

/* A group of this node with a server of its own, other than `group`, whether its keeper lives or
 * not; NULL: there is none. The caller frees it. */
char *own_server_find(const char *run_dir, const char *group);

/* The directory of the sockets, notes and locks of all keepers. The caller frees it. */
char *own_server_dir(const char *run_dir);

#endif
