/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_DATABASE_H
#define LOCKFERRY_STORE_DATABASE_H

/*
 * The database of a `sqlite` store: a connection with everything set that durability and hostile
 * files ask for.
 *
 * database_open() -> database_prepare(), database_step(), database_run() -> sqlite3_finalize() of
 * every statement -> database_close(). Errors say what went wrong with the file, in SQLite's words
 * and the system's; store.c puts the store's path in front.
 *
 * The writer has the file to itself (locking_mode=EXCLUSIVE), so that nothing is shared through
 * mapped memory. A reader works on a copy of its own (store/database_copy.h).
 * docs/on-disk-format.md says why.
 */

#include "store/terms.h"

#include <glib.h>
#include <sqlite3.h>
#include <stdbool.h>

/* The version of the tables (PRAGMA user_version) that this program reads and writes. */
#define DATABASE_FORMAT 1

typedef struct database database;

/*
 * Open the database in the directory `path`, which is also `dir_fd`. STORE_CREATE makes it again,
 * in place of what a crash left of one. What an earlier process had written but not synced is on
 * the disk when STORE_WRITE returns. Error: not installed when it was written by another version.
 */
database *database_open(const char *path, int dir_fd, enum store_mode mode, GError **error);

/* Writes nothing: what is in the log stays there for the next to open it. */
void database_close(database *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(database, database_close)

/* NULL with `error`; the caller finalizes it. */
sqlite3_stmt *database_prepare(database *self, const char *sql, GError **error);

/* Run a statement to its next row: `row` tells whether there is one. */
bool database_step(database *self, sqlite3_stmt *statement, bool *row, GError **error);

/* Run a statement that gives no rows, and make it ready for the next time. */
bool database_run(database *self, sqlite3_stmt *statement, GError **error);

/*
 * A transaction. Once database_commit() has returned true it survives a crash of the node;
 * database_rollback() undoes what has not been committed.
 */
bool database_begin(database *self, GError **error);
bool database_commit(database *self, GError **error);
void database_rollback(database *self);

/* Whether a directory where it is not open has one with clients, or may have: its name, else NULL.
 */
const char *database_holds_clients(int dir_fd);

/* Remove it from a directory where it is not open; that it isn't there is no error. */
bool database_destroy(int dir_fd, GError **error);

#endif
