/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_NETNS_H
#define LOCKFERRY_KEEPER_NETNS_H

/*
 * The network namespace of a group's own server, "lockferry-GROUP". It has a name in /run/netns, as
 * ip-netns(8) makes it, so that it stays when all of its processes have died: a namespace that goes
 * while lockd still has locks of it makes Linux 6.1 use freed memory (fs/lockd/host.c).
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#define NETNS_DIR "/run/netns"

/* The caller frees it. */
char *netns_name(const char *group);

/* Whether a namespace has that name. A file that a crash left of one does not count. */
bool netns_exists(const char *name);

/* Make it, with its loopback up; delete it: true if it is not there. */
bool netns_add(const char *name, GError **error);
bool netns_delete(const char *name, GError **error);

/* Its inode; 0: there is none. */
ino_t netns_inode(const char *name);

/* That of the calling process. */
ino_t netns_own_inode(void);

/* A descriptor of it, for setns(2); -1 with `error`. The caller closes it. */
int netns_open(const char *name, GError **error);

/* The processes in the namespace of that inode, of pid_t; sorted, without the calling one. The
 * caller unrefs it. Looks at every process of the node. */
GArray *netns_processes(ino_t inode);

/* Whether that process is in it. */
bool netns_has(ino_t inode, pid_t pid);

#endif
