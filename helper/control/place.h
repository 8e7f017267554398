/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CONTROL_PLACE_H
#define LOCKFERRY_CONTROL_PLACE_H

/*
 * Where a group's process is found in the run directory: its socket, and the lock that it has for
 * as long as it lives. A socket that a process which crashed left behind stays; so does the file of
 * the lock, in any case.
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

/* The caller frees them. */
char *control_socket_path(const char *run_dir, const char *group);
char *control_lock_path(const char *run_dir, const char *group);

/* `address`: all zero. Error (argument): the path is too long for one. */
bool control_address(const char *path, struct sockaddr_un *address, GError **error);

/* The groups that have a socket in `run_dir`, alive or not (sorted char *, the caller frees the
 * array). */
GPtrArray *control_groups(const char *run_dir);

/* The same of those that are served on the node, or were since it booted. */
GPtrArray *control_groups_since_boot(const char *run_dir);

#endif
