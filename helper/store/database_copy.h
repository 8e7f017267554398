/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_DATABASE_COPY_H
#define LOCKFERRY_STORE_DATABASE_COPY_H

/*
 * What a reader opens: the current database, copied from the store's directory without a lock,
 * while another process may be writing to it. Nothing is created or changed in that directory.
 */

#include <glib.h>

/*
 * Copies the database of the directory `dir_fd`, including the contents of its write-ahead log,
 * into a new temporary directory. Returns the path of the copy, or NULL with `error`.
 * database_copy_remove() removes the copy and frees the path.
 */
char *database_copy_make(int dir_fd, GError **error);
void database_copy_remove(char *path);

#endif
