/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KERNEL_LISTENER_H
#define LOCKFERRY_KERNEL_LISTENER_H

/*
 * The sockets on which the NFS server of our network namespace listens. Their inodes tell one start
 * of the server from another: it closes them when it is stopped, and gets new ones when it is
 * started. A server in another namespace has its own. Sources: Linux fs/nfsd/nfsctl.c (`portlist`),
 * net/ipv4/tcp_ipv4.c, get_tcp4_sock() and udp.c, udp4_format_sock() (/proc/net/tcp, udp). Measured
 * on Linux 6.1.
 */

#include <glib.h>

/*
 * In the contents of /proc/net/tcp or its like: the inode of a socket of root that listens on
 * `port`. `inode`: that one; 0: the first. 0 when there is none. Pure.
 */
guint64 listener_parse(const char *text, gsize length, guint port, guint64 inode);

/* The same in our namespace, on any of the ports of `portlist` (lines such as "tcp 2049"). */
guint64 listener_find(const char *proc_dir, const char *portlist, guint64 inode);

#endif
