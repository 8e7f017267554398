/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_LEASE_PAUSE_H
#define LOCKFERRY_KEEPER_LEASE_PAUSE_H

/*
 * No delegations while NFSv4 clients reclaim.
 *
 * Since Linux 6.6 nfsd delegates files for writing, also to a client that reclaims its open,
 * whoever else has the file open (fs/nfsd/nfs4state.c, nfs4_open_delegation()). This client then
 * does not reclaim its locks, as it keeps them itself (fs/nfs/nfs4proc.c, nfs4_lock_reclaim()), and
 * when the delegation is recalled after the grace period, others are faster. Measured on 6.12,
 * planned move, NFSv4.1: the rival got 20 of 20 locks; none without delegations.
 *
 * They are leases, for which there is one setting on the node: fs.leases-enable. Each group whose
 * clients reclaim keeps it at 0. The last one puts it back. What it was is in
 * RUN_DIR/server/.leases.
 */

#include "keeper/server_options.h"

#include <stdbool.h>

/* Before the server is started. `*fd`: -1 before the first call; the pause, from then on. A failure
 * is logged. */
void lease_pause_begin(const server_options *options, int *fd);

/* When NFSv4's grace period is over, or the server is stopped. Also ends what a process left that
 * died in its pause. To be called again and again. */
void lease_pause_end(const server_options *options, int *fd);

#endif
