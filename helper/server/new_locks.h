/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVER_NEW_LOCKS_H
#define LOCKFERRY_SERVER_NEW_LOCKS_H

/*
 * What new locks wait for on this node: the grace periods of lockd and of nfsd (that of NFSv4), and
 * how long each may still take. A lock is granted only when both are over (fs/nfs_common/grace.c,
 * locks_in_grace), also where nobody has anything to reclaim, as after the first start of a server.
 *
 * {"lockd": {"state": S, "seconds_left": N}, "nfsv4": the same, "new_locks_wait": BOOLEAN}
 *
 * S is "runs", "over", "unknown" or "no server". N is what is left at most, 0 when it is over, null
 * when nobody can tell. BOOLEAN is null when nobody can tell.
 */

#include "kernel/kernel.h"

#include <json-glib/json-glib.h>

/* The caller unrefs it. `lock_manager`: its incarnation, if that is known to run; or NULL. Reads a
 * few small files, and while NFSv4's period runs looks at every process. */
JsonObject *new_locks_to_json(const struct kernel *kernel, const char *lock_manager);

#endif
