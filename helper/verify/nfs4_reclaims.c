/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/nfs4_reclaims.h"

#include "base/error.h"
#include "base/text.h"

#include <sqlite3.h>

#define WAIT_MS 1000

static bool fail(sqlite3 *database, const char *path, GError **error)
{
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"cannot read the records of NFSv4 clients in '%s': %s", path,
		database != NULL ? sqlite3_errmsg(database) : "out of memory");
	return false;
}

/* Calls `take` for each row, until the end or an error. */
static bool each_row(
	sqlite3 *database, const char *query, void (*take)(sqlite3_stmt *, void *), void *data)
{
	sqlite3_stmt *rows = NULL;
	int result = sqlite3_prepare_v2(database, query, -1, &rows, NULL);

	while (result == SQLITE_OK || result == SQLITE_ROW) {
		result = sqlite3_step(rows);
		if (result == SQLITE_ROW)
			take(rows, data);
	}
	sqlite3_finalize(rows);
	return result == SQLITE_DONE;
}

static void take_epochs(sqlite3_stmt *row, void *data)
{
	gint64 *epochs = data;

	epochs[0] = sqlite3_column_int64(row, 0);
	epochs[1] = sqlite3_column_int64(row, 1);
}

static void take_client(sqlite3_stmt *row, void *data)
{
	const void *id = sqlite3_column_blob(row, 0);

	/* An empty id is NULL. */
	g_ptr_array_add(
		data, text_printable(id != NULL ? id : "", (gsize)sqlite3_column_bytes(row, 0)));
}

static bool read_clients(sqlite3 *database, gint64 epoch, GPtrArray *names)
{
	char *query = sqlite3_mprintf("SELECT id FROM \"rec-%016llx\" ORDER BY id", epoch);
	bool done = query != NULL && each_row(database, query, take_client, names);

	sqlite3_free(query);
	return done;
}

/* In one transaction: nfsdcld changes the epochs and their tables in one as well. */
static bool read_all(struct nfs4_reclaims *self, sqlite3 *database)
{
	gint64 epochs[2] = {0, 0};

	return sqlite3_exec(database, "BEGIN", NULL, NULL, NULL) == SQLITE_OK &&
	       each_row(database, "SELECT current, recovery FROM grace", take_epochs, epochs) &&
	       (epochs[1] == 0 || read_clients(database, epochs[1], self->expected)) &&
	       read_clients(database, epochs[0], self->present);
}

bool nfs4_reclaims_read(struct nfs4_reclaims *self, const char *store, GError **error)
{
	g_autofree char *path = g_build_filename(store, "server", "nfsdcld", "main.sqlite", NULL);
	sqlite3 *database = NULL;
	bool done;

	self->expected = g_ptr_array_new_with_free_func(g_free);
	self->present = g_ptr_array_new_with_free_func(g_free);
	if (!g_file_test(path, G_FILE_TEST_EXISTS))
		return false;
	done = sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
	       sqlite3_busy_timeout(database, WAIT_MS) == SQLITE_OK && read_all(self, database);
	if (!done)
		fail(database, path, error);
	sqlite3_close(database);
	return done;
}

void nfs4_reclaims_clear(struct nfs4_reclaims *self)
{
	g_clear_pointer(&self->expected, g_ptr_array_unref);
	g_clear_pointer(&self->present, g_ptr_array_unref);
}

GPtrArray *nfs4_reclaims_missing(const GPtrArray *expected, const GPtrArray *present)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
	GPtrArray *missing = g_ptr_array_new();

	for (guint i = 0; i < present->len; i++)
		g_hash_table_add(names, g_ptr_array_index(present, i));
	for (guint i = 0; i < expected->len; i++) {
		char *name = g_ptr_array_index(expected, i);

		if (!g_hash_table_contains(names, name))
			g_ptr_array_add(missing, name);
	}
	return missing;
}
