/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_NAMESPACE_PIN_H
#define LOCKFERRY_KEEPER_NAMESPACE_PIN_H

/*
 * A name for a group's mount namespace, RUN_DIR/server/namespaces/GROUP, so that it stays when all
 * of its processes have died. With the namespace goes its nfsd filesystem, and with that the kernel
 * stops the NFS server, but lockd keeps the locks of its clients, and uses freed memory once the
 * network namespace goes, too (Linux 6.1, fs/nfsd/nfsctl.c, nfsd_umount(); measured: "lockd:
 * couldn't shutdown host module", then a warning in lockd_exit_net()).
 *
 * The name is a mount that only the mount namespace of the caller has: that of the node.
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/* Give the mount namespace of the process the name of the group, unless it has one. Where the
 * kernel allows no such name, that is said on stderr, and is true as well. */
bool namespace_pin(const char *run_dir, const char *group, pid_t pid, GError **error);

/* A descriptor of it, for setns(2); the caller closes it. -1: no namespace has that name. */
int namespace_pin_open(const char *run_dir, const char *group);

/* Take the name away; true if there is none. */
bool namespace_pin_remove(const char *run_dir, const char *group, GError **error);

#endif
