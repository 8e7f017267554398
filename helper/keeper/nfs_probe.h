/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_NFS_PROBE_H
#define LOCKFERRY_KEEPER_NFS_PROBE_H

/*
 * Whether the group's own NFS server does for a client what it should: asked from within its
 * namespaces, at the group's first address, by packets and not by a mount. A mount of the kernel's
 * could hang with the server, keep lockd and the namespace, and its lock would be recorded as that
 * of a client.
 *
 * NFSv3: mount the first export, get the attributes of its root from the disk, and ask lockd
 * whether a lock of it would be granted. NFSv4: become a client of version 4.1, and leave.
 */

#include "keeper/server_options.h"

/*
 * `exports`: the contents of /etc/exports; `lockd_port`: 0 if it is not known. Errors: timeout (the
 * server hangs, or `deadline_us` of g_get_monotonic_time() passed), failed (what is wrong). An
 * export that is not for the group's own address cannot be asked for: then true, if the rest is
 * good. Blocks.
 */
bool nfs_probe(const server_options *options, const char *exports, guint16 lockd_port,
	gint64 deadline_us, GError **error);

#endif
