/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_DATABASE_H
#define LOCKFERRY_STORE_DATABASE_H

/*
 * The database of a `sqlite` store: a connection with all settings that durability and hostile
 * files require.
 *
 * Order of calls: database_open() -> database_prepare(), database_step(), database_run() ->
 * sqlite3_finalize() for every statement -> database_close(). Errors describe the problem with the
 * file, in the words of SQLite and the system. store.c adds the store's path in front.
 *
 * The writer has the file to itself (locking_mode=EXCLUSIVE), so no memory map is shared. A reader
 * works on its own copy (store/database_copy.h). docs/on-disk-format.md explains why.
 */

#include "store/terms.h"

#include <glib.h>
#include <sqlite3.h>
#include <stdbool.h>

/* The version of the tables (PRAGMA user_version) that this program reads and writes. */
#define DATABASE_FORMAT 1

typedef struct database database;

/*
 * Opens the database in the directory `path`; `dir_fd` is the same directory. STORE_CREATE creates
 * the database, and replaces what a crash left of an earlier attempt. After STORE_WRITE, everything
 * that an earlier process wrote without a sync is on the disk. The error is LF_ERROR_NOT_INSTALLED
 * if another version of lockferry wrote the database.
 */
database *database_open(const char *path, int dir_fd, enum store_mode mode, GError **error);

/* Writes nothing: the contents of the log stay there for the next process that opens it. */
void database_close(database *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(database, database_close)

/* Returns NULL with `error`. The caller finalizes the statement. */
sqlite3_stmt *database_prepare(database *self, const char *sql, GError **error);

/* Runs a statement to its next row. `row` becomes false if there is no further row. */
bool database_step(database *self, sqlite3_stmt *statement, bool *row, GError **error);

/* Runs a statement that returns no rows, and resets it for the next use. */
bool database_run(database *self, sqlite3_stmt *statement, GError **error);

/*
 * A transaction. After database_commit() has returned true, it survives a crash of the node.
 * database_rollback() undoes everything that was not committed.
 */
bool database_begin(database *self, GError **error);
bool database_commit(database *self, GError **error);
void database_rollback(database *self);

/* Whether a directory in which the database is not open contains one with clients, or may
 * contain one. Returns the name of the file, or NULL. */
const char *database_holds_clients(int dir_fd);

/* Removes the database from a directory in which it is not open. A missing database is not an
 * error. */
bool database_destroy(int dir_fd, GError **error);

#endif
