/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KERNEL_LISTENER_H
#define LOCKFERRY_KERNEL_LISTENER_H

/*
 * The sockets on which the NFS server of our network namespace listens. Their inodes distinguish
 * one start of the server from the next, because the server closes the sockets when it stops and
 * opens new ones when it starts. A server in another namespace has its own sockets. Sources: Linux
 * fs/nfsd/nfsctl.c (`portlist`), net/ipv4/tcp_ipv4.c, get_tcp4_sock() and udp.c, udp4_format_sock()
 * (/proc/net/tcp, udp). Measured on Linux 6.1.
 */

#include <glib.h>

/*
 * Searches the contents of /proc/net/tcp or a similar file for a socket of root that listens on
 * `port`. Returns its inode, or 0 if there is none. `inode` is the socket to search for; 0 means
 * the first one. Pure.
 */
guint64 listener_parse(const char *text, gsize length, guint port, guint64 inode);

/* Does the same in our namespace, for all ports in `portlist` (lines such as "tcp 2049"). */
guint64 listener_find(const char *proc_dir, const char *portlist, guint64 inode);

#endif
