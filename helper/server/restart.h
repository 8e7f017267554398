/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVER_RESTART_H
#define LOCKFERRY_SERVER_RESTART_H

/*
 * Restarts the lock manager, to begin a grace period on a node whose NFS server is serving.
 *
 * The lock manager ends with its last user. This is the NFS server, unless an NFSv3 filesystem is
 * mounted on the node (fs/lockd/svc.c: lockd_up, lockd_down; measured on Linux 6.1). So the server
 * is stopped, and started again when the lock manager is gone. No gentler way exists: a SIGKILL to
 * lockd once did it, but has no effect since Linux 6.6, nor on Debian's 6.1.
 *
 * This drops every NFSv3 lock of the node, so all clients with locks must be told. NFSv4 clients
 * recover as after any restart of their server. All exports stay exported.
 */

#include "kernel/kernel.h"

enum restart_as {
	RESTART_AS_IT_WAS,     /* with the same threads, versions and ports as before */
	RESTART_AS_CONFIGURED, /* with the settings of nfs.conf (rpc.nfsd(8)), as a restart of its
				  service would */
};

/* Whether the lock manager can be restarted, as far as is known. If not, returns false with `error`
 * (failed). */
bool restart_is_possible(const struct kernel *self, GError **error);

/*
 * Restarts the lock manager; blocks for some seconds. Returns true if a new lock manager runs,
 * which begins a whole grace period. `warnings` (of owned char *) gets the settings of the server
 * that have changed. Returns false with `error` (failed) if a restart is not possible, and nothing
 * was done; or if the server could not be stopped or started. The message says which.
 */
bool restart_lock_manager(const struct kernel *self, const char *run_dir, enum restart_as as,
	GPtrArray *warnings, GError **error);

/*
 * If a process was killed in the middle of that, start the server as it was, or as configured. Call
 * it under the same lock (grace_lock()), before anything is decided about the lock manager. False
 * with `error` (failed): the server is still stopped, and does not start. `warnings` gets a text if
 * the server was started, or if nobody can tell.
 */
bool restart_finish(
	const struct kernel *self, const char *run_dir, GPtrArray *warnings, GError **error);

#endif
