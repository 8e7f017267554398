/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_DATABASE_COPY_H
#define LOCKFERRY_STORE_DATABASE_COPY_H

/*
 * What a reader opens: the database as it is now, copied out of the store's directory without a
 * lock, while somebody may be writing it. Nothing is made or changed there.
 */

#include <glib.h>

/*
 * Copy the database of the directory `dir_fd`, with what its write-ahead log holds, into a new
 * directory for temporary files. Returns the path of the database there; remove it with
 * database_copy_remove() (which frees the path). NULL with `error`.
 */
char *database_copy_make(int dir_fd, GError **error);
void database_copy_remove(char *path);

#endif
