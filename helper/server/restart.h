/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVER_RESTART_H
#define LOCKFERRY_SERVER_RESTART_H

/*
 * How a grace period is begun on a node whose NFS server is serving: the lock manager is restarted.
 *
 * It goes with its last user, and that is the NFS server unless an NFSv3 filesystem is mounted on
 * the node (fs/lockd/svc.c: lockd_up, lockd_down; measured on Linux 6.1). So the server is stopped,
 * and started again once the lock manager has gone. Nothing gentler does it: a SIGKILL to lockd,
 * which did once, has no effect since Linux 6.6, nor on Debian's 6.1.
 *
 * It drops every NFSv3 lock of the node: whoever holds some must be told. NFSv4 clients recover as
 * after any restart of their server. What is exported stays exported.
 */

#include "kernel/kernel.h"

enum restart_as {
	RESTART_AS_IT_WAS,     /* with the threads, versions and ports that it had */
	RESTART_AS_CONFIGURED, /* by nfs.conf (rpc.nfsd(8)), as a restart of its service would */
};

/* Whether nothing is known that keeps it from being restarted; else false with `error` (failed). */
bool restart_is_possible(const struct kernel *self, GError **error);

/*
 * Blocks for some seconds. True when another lock manager runs, and so a whole grace period.
 * `warnings` (of owned char *) gets what of the server is not as it was. False with `error`
 * (failed): it is not possible, and nothing was done; or the server could not be stopped or
 * started, and the message tells which.
 */
bool restart_lock_manager(
	const struct kernel *self, enum restart_as as, GPtrArray *warnings, GError **error);

#endif
