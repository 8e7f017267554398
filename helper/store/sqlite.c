/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The `sqlite` store: one row for each client in the database `store.sqlite`.
 *
 *	client		a client's sm record, exactly as statd wrote it (nsm/record.h),
 *			its names, and its account
 *
 * The files of the group itself are in addition (store/group_files.h). The sm record is stored
 * unchanged, so the file made from it on the adoptive node is identical. The columns mon_name and
 * my_name repeat its names for people and their queries.
 */

#include "base/error.h"
#include "nsm/record.h"
#include "store/backend.h"
#include "store/database.h"
#include "store/database_file.h"
#include "store/file_clients.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* Only this process writes these files. */
static const char *const file_names[] = {DATABASE_FILE, DATABASE_WAL_FILE};

struct sqlite {
	int dir_fd;
	database *db;
	sqlite3_stmt *record; /* used often; NULL until its first use */
	bool files_known;
	struct stat files[G_N_ELEMENTS(file_names)]; /* as they were after our last write */
	bool changed; /* another program changed them before that write */
};

static void sqlite_close(void *backend)
{
	struct sqlite *self = backend;

	sqlite3_finalize(self->record);
	database_close(self->db);
	g_free(self);
}

static void *sqlite_open(const char *path, int dir_fd, enum store_mode mode, GError **error)
{
	database *db = database_open(path, dir_fd, mode, error);
	struct sqlite *self;

	if (db == NULL)
		return NULL;
	self = g_new0(struct sqlite, 1);
	self->dir_fd = dir_fd;
	self->db = db;
	return self;
}

static void look_at_files(const struct sqlite *self, struct stat *found)
{
	for (gsize i = 0; i < G_N_ELEMENTS(file_names); i++) {
		if (fstatat(self->dir_fd, file_names[i], &found[i], AT_SYMLINK_NOFOLLOW) != 0)
			memset(&found[i], 0, sizeof(found[i]));
	}
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Called before each of our writes. */
static void compare_files(struct sqlite *self)
{
	struct stat found[G_N_ELEMENTS(file_names)];

	if (!self->files_known)
		return;
	look_at_files(self, found);
	for (gsize i = 0; i < G_N_ELEMENTS(file_names); i++)
		self->changed = self->changed || !same_file(&found[i], &self->files[i]);
}

/* Called after each of our writes. */
static void note_files(struct sqlite *self)
{
	if (self->files_known)
		look_at_files(self, self->files);
}

static void sqlite_find_changed(void *backend, GPtrArray *names)
{
	struct sqlite *self = backend;

	compare_files(self);
	if (self->changed)
		g_ptr_array_add(names, (gpointer)DATABASE_FILE);
	self->changed = false;
	self->files_known = true;
	note_files(self);
}

static void bind_text(sqlite3_stmt *statement, int place, const char *text)
{
	sqlite3_bind_text(statement, place, text, -1, SQLITE_STATIC);
}

static bool begin(struct sqlite *self, GError **error)
{
	compare_files(self);
	return database_begin(self->db, error);
}

/* Ends the transaction: commits it if everything succeeded so far, otherwise rolls it back. */
static bool finish(struct sqlite *self, bool good, GError **error)
{
	good = good && database_commit(self->db, error);
	if (!good)
		database_rollback(self->db);
	note_files(self);
	return good;
}

/* Clients: from rows */

enum column {
	COLUMN_FILE,
	COLUMN_MON_NAME,
	COLUMN_MY_NAME,
	COLUMN_RAW,
	COLUMN_FIRST_RECORDED,
	COLUMN_LAST_SEEN,
	COLUMN_RECOVERY,
};

#define SELECT_CLIENTS                                                                             \
	"SELECT file, mon_name, my_name, raw, first_recorded, last_seen, recovery FROM client "    \
	"ORDER BY file"

/* Returns the text of a column, never NULL. It is valid until the next step. A text with a NUL
 * byte becomes "", which differs from every valid text. */
static const char *column_text(sqlite3_stmt *row, enum column column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);

	return text != NULL && strlen(text) == (gsize)sqlite3_column_bytes(row, column) ? text : "";
}

static void add_problem(GPtrArray *problems, const char *file, const char *what)
{
	g_autofree char *shown = g_strescape(file, NULL);

	if (problems != NULL)
		g_ptr_array_add(problems, g_strdup_printf("'%s': %s", shown, what));
}

static bool take_account(sqlite3_stmt *row, client *entry)
{
	enum recovery recovery;

	if (sqlite3_column_type(row, COLUMN_FIRST_RECORDED) != SQLITE_INTEGER ||
		sqlite3_column_type(row, COLUMN_LAST_SEEN) != SQLITE_INTEGER ||
		sqlite3_column_int64(row, COLUMN_FIRST_RECORDED) < 0 ||
		sqlite3_column_int64(row, COLUMN_LAST_SEEN) < 0 ||
		!recovery_from_name(column_text(row, COLUMN_RECOVERY), &recovery))
		return false;
	entry->first_recorded = sqlite3_column_int64(row, COLUMN_FIRST_RECORDED);
	entry->last_seen = sqlite3_column_int64(row, COLUMN_LAST_SEEN);
	entry->recovery = recovery;
	return true;
}

/* The account of the row applies to each client in its file. If it is damaged, these clients are
 * notified once more, which does no harm. */
static void take_accounts(sqlite3_stmt *row, GPtrArray *clients, guint added, GPtrArray *problems)
{
	bool good = true;

	for (guint i = clients->len - added; i < clients->len; i++)
		good = take_account(row, g_ptr_array_index(clients, i)) && good;
	if (!good)
		add_problem(problems, column_text(row, COLUMN_FILE), "its account is damaged");
}

/* If the row contains no record, adds a problem and no client. */
static void clients_from_row(
	sqlite3_stmt *row, enum store_raw raw, GPtrArray *clients, GPtrArray *problems)
{
	const char *text = sqlite3_column_blob(row, COLUMN_RAW);
	gsize length = (gsize)sqlite3_column_bytes(row, COLUMN_RAW);
	const char *file = column_text(row, COLUMN_FILE);
	g_autoptr(GPtrArray) records = NULL;
	g_autoptr(GBytes) bytes = NULL;
	g_autoptr(GError) error = NULL;
	const sm_record *record;
	g_autofree char *damage = NULL;
	const char *why;

	if (!sm_name_is_valid(file, &why)) {
		add_problem(problems, file, why);
		return;
	}
	records = sm_records_parse(text != NULL ? text : "", length, &damage, &error);
	if (records == NULL) {
		add_problem(problems, file, error->message);
		return;
	}
	record = g_ptr_array_index(records, 0);
	if (!g_str_equal(column_text(row, COLUMN_MON_NAME), record->mon_name) ||
		!g_str_equal(column_text(row, COLUMN_MY_NAME), record->my_name)) {
		add_problem(problems, file, "its names differ from those of its raw record");
		return;
	}
	if (raw == STORE_WITH_RAW)
		bytes = g_bytes_new(text, length);
	if (damage != NULL)
		add_problem(problems, file, damage);
	take_accounts(row, clients, file_clients_add(file, bytes, records, clients), problems);
}

static GPtrArray *sqlite_load_clients(
	void *backend, enum store_raw raw, GPtrArray *problems, GError **error)
{
	struct sqlite *self = backend;
	sqlite3_stmt *rows = database_prepare(self->db, SELECT_CLIENTS, error);
	g_autoptr(GPtrArray) clients = NULL;
	bool done, row;

	if (rows == NULL)
		return NULL;
	clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
	while ((done = database_step(self->db, rows, &row, error)) && row)
		clients_from_row(rows, raw, clients, problems);
	sqlite3_finalize(rows);
	return done ? g_steal_pointer(&clients) : NULL;
}

#define SELECT_RECORD "SELECT raw FROM client WHERE file = ?1"

static GBytes *sqlite_load_record(void *backend, const char *file, GError **error)
{
	struct sqlite *self = backend;
	GBytes *raw = NULL;
	bool row;

	if (self->record == NULL)
		self->record = database_prepare(self->db, SELECT_RECORD, error);
	if (self->record == NULL)
		return NULL;
	bind_text(self->record, 1, file);
	if (database_step(self->db, self->record, &row, error)) {
		if (row)
			raw = g_bytes_new(sqlite3_column_blob(self->record, 0),
				(gsize)sqlite3_column_bytes(self->record, 0));
		else
			g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "there is no '%s'", file);
	}
	sqlite3_reset(self->record);
	return raw;
}

static bool sqlite_has(void *backend, const char *file, GBytes *raw)
{
	g_autoptr(GBytes) stored = sqlite_load_record(backend, file, NULL);

	return stored != NULL && g_bytes_equal(stored, raw);
}

/* Clients: into rows */

/* An existing record keeps its account, because only save_account changes it. */
#define PUT_CLIENT                                                                                 \
	"INSERT INTO client "                                                                      \
	"(file, mon_name, my_name, raw, first_recorded, last_seen, recovery) "                     \
	"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "                                                     \
	"ON CONFLICT (file) DO UPDATE SET "                                                        \
	"mon_name = excluded.mon_name, my_name = excluded.my_name, raw = excluded.raw"

/* A bad record is refused here. Otherwise the error would appear only when the record is read
 * back, when a client's locks depend on it. */
static bool check_client(const client *entry, GPtrArray **records, GError **error)
{
	const char *why = NULL;
	gsize length;
	const char *text = g_bytes_get_data(entry->raw, &length);

	if (!sm_name_is_valid(entry->file, &why)) {
		g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT, "'%s' cannot name a record: %s",
			entry->file, why);
		return false;
	}
	*records = sm_records_parse(text != NULL ? text : "", length, NULL, error);
	if (*records == NULL)
		g_prefix_error(error, "the record of '%s' is malformed: ", entry->file);
	return *records != NULL;
}

static bool put_client(
	struct sqlite *self, sqlite3_stmt *statement, const client *entry, GError **error)
{
	g_autoptr(GPtrArray) records = NULL;
	const sm_record *record;
	gsize length;
	const void *raw = g_bytes_get_data(entry->raw, &length);

	if (!check_client(entry, &records, error))
		return false;
	record = g_ptr_array_index(records, 0);
	bind_text(statement, 1, entry->file);
	bind_text(statement, 2, record->mon_name);
	bind_text(statement, 3, record->my_name);
	sqlite3_bind_blob64(statement, 4, raw, length, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 5, entry->first_recorded);
	sqlite3_bind_int64(statement, 6, entry->last_seen);
	bind_text(statement, 7, recovery_name(entry->recovery));
	return database_run(self->db, statement, error);
}

static bool sqlite_put_clients(void *backend, GPtrArray *clients, GError **error)
{
	struct sqlite *self = backend;
	sqlite3_stmt *statement = database_prepare(self->db, PUT_CLIENT, error);
	bool good = statement != NULL && begin(self, error);

	for (guint i = 0; good && i < clients->len; i++)
		good = put_client(self, statement, g_ptr_array_index(clients, i), error);
	good = finish(self, good, error);
	sqlite3_finalize(statement);
	return good;
}

static bool sqlite_remove_clients(void *backend, GPtrArray *names, GError **error)
{
	struct sqlite *self = backend;
	sqlite3_stmt *statement =
		database_prepare(self->db, "DELETE FROM client WHERE file = ?", error);
	bool good = statement != NULL && begin(self, error);

	for (guint i = 0; good && i < names->len; i++) {
		bind_text(statement, 1, g_ptr_array_index(names, i));
		good = database_run(self->db, statement, error);
	}
	good = finish(self, good, error);
	sqlite3_finalize(statement);
	return good;
}

/* Most clients have not changed since the last save. They cost no write. */
#define SAVE_ACCOUNT                                                                               \
	"UPDATE client SET first_recorded = ?2, last_seen = ?3, recovery = ?4 WHERE file = ?1 "    \
	"AND (first_recorded IS NOT ?2 OR last_seen IS NOT ?3 OR recovery IS NOT ?4)"

static bool sqlite_save_account(void *backend, GPtrArray *clients, GError **error)
{
	struct sqlite *self = backend;
	sqlite3_stmt *statement = database_prepare(self->db, SAVE_ACCOUNT, error);
	bool good = statement != NULL && begin(self, error);

	for (guint i = 0; good && i < clients->len; i++) {
		const client *entry = g_ptr_array_index(clients, i);

		bind_text(statement, 1, entry->file);
		sqlite3_bind_int64(statement, 2, entry->first_recorded);
		sqlite3_bind_int64(statement, 3, entry->last_seen);
		bind_text(statement, 4, recovery_name(entry->recovery));
		good = database_run(self->db, statement, error);
	}
	good = finish(self, good, error);
	sqlite3_finalize(statement);
	return good;
}

const struct backend_ops backend_sqlite = {
	.name = "sqlite",
	.open = sqlite_open,
	.close = sqlite_close,
	.holds_clients = database_holds_clients,
	.destroy = database_destroy,
	.load_clients = sqlite_load_clients,
	.load_record = sqlite_load_record,
	.has = sqlite_has,
	.put_clients = sqlite_put_clients,
	.remove_clients = sqlite_remove_clients,
	.save_account = sqlite_save_account,
	.find_changed = sqlite_find_changed,
};
