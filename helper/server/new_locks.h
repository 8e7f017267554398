/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVER_NEW_LOCKS_H
#define LOCKFERRY_SERVER_NEW_LOCKS_H

/*
 * What new locks wait for on this node: the grace periods of lockd and of nfsd (NFSv4), and how
 * long each may still take. A lock is granted only when both are over (fs/nfs_common/grace.c,
 * locks_in_grace). This is also true if there is nothing to reclaim, as after the first start of a
 * server.
 *
 *     {"lockd": {"state": S, "seconds_left": N}, "nfsv4": the same, "new_locks_wait": BOOLEAN}
 *
 * S is "runs", "over", "unknown" or "no server". N is the longest time that may be left, 0 if the
 * period is over, and null if this is not known. BOOLEAN is null if it is not known.
 */

#include "kernel/kernel.h"

#include <json-glib/json-glib.h>

/* The caller unrefs it. `lock_manager`: its incarnation, if that is known to run; or NULL. Reads a
 * few small files, and while NFSv4's period runs looks at every process. */
JsonObject *new_locks_to_json(const struct kernel *kernel, const char *lock_manager);

#endif
