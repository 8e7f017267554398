/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_TRUST_H
#define LOCKFERRY_STORE_TRUST_H

/*
 * Whether only root can change a store or replace it. Anybody else who can do so decides which
 * clients are told to reclaim locks, and with which state number.
 *
 * A store is trusted under two conditions. The store and all its contents must belong to root.
 * Every directory and link on the path to it must belong to root and must not be writable by
 * others. A directory with the sticky bit is safe as well, because only root can rename root's
 * files there. (If the program runs as another user, in tests, that user counts as root.)
 */

#include <glib.h>
#include <stdbool.h>

/*
 * Whether nobody else can replace the directory at `path` (an absolute path), or make it if it does
 * not exist. The directory itself is not checked. If somebody can, returns false with
 * LF_ERROR_PRIVILEGE, and the error names who and where.
 */
bool trust_way(const char *path, GError **error);

/*
 * Checks the store itself, open as `dir_fd`, and its contents. Corrects wrong modes and adds a
 * message for each to `mended` (an array of char *). If something belongs to another user, returns
 * false with LF_ERROR_PRIVILEGE.
 */
bool trust_store(int dir_fd, const char *path, GPtrArray *mended, GError **error);

#endif
