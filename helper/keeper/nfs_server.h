/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_NFS_SERVER_H
#define LOCKFERRY_KEEPER_NFS_SERVER_H

/*
 * The kernel's NFS server in a group's own network and mount namespace. All of it runs within them,
 * and blocks.
 *
 * lockd is one thread for all namespaces. While another group keeps it, the locks and open files of
 * a server that was only stopped stay, for as long as the kernel runs (measured on Linux 6.1). So
 * nfs_server_stop() has lockd drop the locks of the group's filesystems first, and then proves that
 * it holds none.
 */

#include "keeper/server_options.h"

#include <glib.h>
#include <stdbool.h>

/* Export what /etc/exports says. Error: failed. */
bool nfs_server_export(const server_options *options, GError **error);

/*
 * Start it, and prove that lockd's grace period runs. One process of the node does so at a time, as
 * the length of that period is a setting of the node. NFSv4's is as long, or as the lease if that
 * is longer. A server that runs is left as it is.
 */
bool nfs_server_start(
	const server_options *options, guint grace_s, gint64 deadline_us, GError **error);

/* Set the number of its threads. */
bool nfs_server_set_threads(const server_options *options, GError **error);

/* Drop the locks, stop it, forget what is exported. True also if it does not run. Error (failed):
 * lockd or nfsd still has something of the group's filesystems. */
bool nfs_server_stop(const server_options *options, gint64 deadline_us, GError **error);

#endif
