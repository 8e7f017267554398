/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_MOUNT_NAMESPACE_H
#define LOCKFERRY_KEEPER_MOUNT_NAMESPACE_H

/*
 * The mount and UTS namespaces of a group's own server.
 *
 * The mount namespace is not a copy of the node's: a copy would keep filesystems of other groups in
 * use after the node unmounted them (measured on Linux 6.1). Its root is a small tmpfs with the
 * node's system directories, bound one by one without what is mounted below them, the group's
 * filesystem, and files of its own where nfs-utils expects them (server_files.h). A root on tmpfs
 * can be exported, so the pseudo root of NFSv4 has the same file handles on every node; an overlay
 * could not.
 *
 * No mount of it reaches the node, nor the other way.
 */

#include "keeper/server_files.h"
#include "keeper/server_options.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * Make them, and be in them. The process must have one thread, and be in the group's network
 * namespace: the nfsd and rpc_pipefs filesystems are those of that. A group's filesystem that is
 * not mounted on the node is left out. On an error the process must end.
 */
bool mount_namespace_make(
	const server_options *options, const struct server_host *host, GError **error);

/* Be in the mount namespace `fd`, which no process has any more (namespace_pin.h), and in a UTS
 * namespace of our own. The same holds. */
bool mount_namespace_join_pinned(int fd, const server_options *options, GError **error);

/* Be in the mount, UTS and network namespaces of the process `pid`. One thread, too. */
bool mount_namespace_join(pid_t pid, GError **error);

/* Whether that process is in a mount namespace that mount_namespace_make() made for the group. */
bool mount_namespace_is_of(pid_t pid, const char *group);

/*
 * Unmount the group's filesystems within the namespace, those mounted in them first. One that is
 * not mounted there is no error. Error (failed): one is in use.
 */
bool mount_namespace_leave_filesystem(const server_options *options, GError **error);

#endif
