/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CONTROL_PLACE_H
#define LOCKFERRY_CONTROL_PLACE_H

/*
 * The files of a group's process in the run directory: its socket, and the lock that it holds as
 * long as it lives. If a process crashes, its socket stays. The lock's file always stays.
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

/* The caller frees these paths. */
char *control_socket_path(const char *run_dir, const char *group);
char *control_lock_path(const char *run_dir, const char *group);

/* `address` must be all zero. Returns false with LF_ERROR_ARGUMENT if the path is too long for a
 * socket. */
bool control_address(const char *path, struct sockaddr_un *address, GError **error);

/* Returns the groups that have a socket in `run_dir`, whether their process lives or not. The
 * array has sorted char *, and the caller frees it. */
GPtrArray *control_groups(const char *run_dir);

/* Returns the groups that are served on the node, or were since it booted, in the same form. */
GPtrArray *control_groups_since_boot(const char *run_dir);

#endif
