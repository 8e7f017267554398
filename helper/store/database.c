/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/database.h"

#include "base/durable.h"
#include "base/error.h"
#include "nsm/record.h"
#include "store/database_copy.h"
#include "store/database_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* "LkFy"; file(1) shows it. */
#define APPLICATION_ID 0x4c6b4679

/* An administrator may be reading the database with the sqlite3 command. */
#define BUSY_TIMEOUT_MS 2000

struct database {
	sqlite3 *db;
	sqlite3_stmt *begin, *commit;
};

/* SQLite starts the log again at 1,000 pages, each with a header. It finishes a transaction
 * first, so some more pages are needed. */
#define LOG_BYTES (1100 * (4096 + 24))

/* The log is lengthened in advance only if this much space is free. */
#define ROOM_BYTES (64 * 1024 * 1024)

/* A row contains a whole file of statd, three names and the account. A longer one is not ours. */
#define ROW_MAX_BYTES (SM_FILE_MAX_BYTES + 4096)

/* This text is compared with the one in the file, so nothing else can use the name of the table. */
#define CLIENT_TABLE                                                                               \
	"CREATE TABLE client ("                                                                    \
	"file TEXT PRIMARY KEY NOT NULL, "                                                         \
	"mon_name TEXT NOT NULL, "                                                                 \
	"my_name TEXT NOT NULL, "                                                                  \
	"raw BLOB NOT NULL, "                                                                      \
	"first_recorded INTEGER NOT NULL, "                                                        \
	"last_seen INTEGER NOT NULL, "                                                             \
	"recovery TEXT NOT NULL"                                                                   \
	") WITHOUT ROWID"

/*
 * Among SQLite's ways to make a commit durable, only the write-ahead log needs a single sync, and
 * only FULL performs that sync at the commit. EXCLUSIVE must come first, because then the index of
 * the log is not in a mapped file. The cache (in KiB) has room for a few records; the kernel caches
 * the rest.
 */
static const char writer_pragmas[] = "PRAGMA locking_mode = EXCLUSIVE;"
				     "PRAGMA cache_size = -512;"
				     "PRAGMA synchronous = FULL;"
				     "PRAGMA cell_size_check = ON;"
				     "PRAGMA temp_store = MEMORY;"
				     "PRAGMA wal_autocheckpoint = 1000;"
				     "PRAGMA journal_size_limit = 8388608;";

/* The reader has a copy that is unlinked as soon as it is open. */
static const char reader_pragmas[] = "PRAGMA locking_mode = EXCLUSIVE;"
				     "PRAGMA synchronous = OFF;"
				     "PRAGMA cell_size_check = ON;"
				     "PRAGMA temp_store = MEMORY;"
				     "PRAGMA query_only = ON;";

static void set_error(database *self, GError **error)
{
	int result = self->db != NULL ? sqlite3_errcode(self->db) & 0xff : SQLITE_NOMEM;
	int number = self->db != NULL ? sqlite3_system_errno(self->db) : 0;
	const char *text = self->db != NULL ? sqlite3_errmsg(self->db) : "out of memory";

	if (result == SQLITE_CORRUPT || result == SQLITE_NOTADB)
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"its '" DATABASE_FILE
			"' is damaged (%s): keep a copy of it, and create it again from the output of '.recover' of the sqlite3 command",
			text);
	else if (result == SQLITE_BUSY)
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"another program has its '" DATABASE_FILE "' open: close that program");
	else if (result == SQLITE_FULL)
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"no room for its '" DATABASE_FILE "' (%s): free some space", text);
	else if ((result == SQLITE_IOERR || result == SQLITE_CANTOPEN) && number != 0)
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "its '" DATABASE_FILE "': %s: %s",
			text, g_strerror(number));
	else
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "its '" DATABASE_FILE "': %s", text);
}

static bool execute(database *self, const char *sql, GError **error)
{
	if (sqlite3_exec(self->db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return true;
	set_error(self, error);
	return false;
}

sqlite3_stmt *database_prepare(database *self, const char *sql, GError **error)
{
	sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v3(self->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
		SQLITE_OK)
		set_error(self, error);
	return statement;
}

bool database_step(database *self, sqlite3_stmt *statement, bool *row, GError **error)
{
	int result = sqlite3_step(statement);

	*row = result == SQLITE_ROW;
	if (result == SQLITE_ROW || result == SQLITE_DONE)
		return true;
	set_error(self, error);
	return false;
}

bool database_run(database *self, sqlite3_stmt *statement, GError **error)
{
	bool row;
	bool done = database_step(self, statement, &row, error);

	sqlite3_reset(statement);
	return done;
}

bool database_begin(database *self, GError **error)
{
	return database_run(self, self->begin, error);
}

bool database_commit(database *self, GError **error)
{
	return database_run(self, self->commit, error);
}

void database_rollback(database *self)
{
	/* After some errors, SQLite has already rolled back. */
	if (!sqlite3_get_autocommit(self->db))
		sqlite3_exec(self->db, "ROLLBACK", NULL, NULL, NULL);
}

/* Reads the first column of the only row of a query, as text. The caller frees it. */
static bool read_text(database *self, const char *sql, char **text, GError **error)
{
	sqlite3_stmt *statement = database_prepare(self, sql, error);
	bool row = false;
	bool done = statement != NULL && database_step(self, statement, &row, error);

	*text = row ? g_strdup((const char *)sqlite3_column_text(statement, 0)) : NULL;
	sqlite3_finalize(statement);
	return done;
}

static bool check_format(database *self, GError **error)
{
	g_autofree char *format = NULL;

	if (!read_text(self, "PRAGMA user_version", &format, error))
		return false;
	if (g_strcmp0(format, G_STRINGIFY(DATABASE_FORMAT)) == 0)
		return true;
	if (g_strcmp0(format, "0") == 0) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"its '" DATABASE_FILE
			"' is empty, or was not made by lockferry: restore a copy that was");
		return false;
	}
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
		"its '" DATABASE_FILE
		"' has format %s, this lockferry knows format %d: install the same version on every node",
		format, DATABASE_FORMAT);
	return false;
}

static bool check_table(database *self, GError **error)
{
	g_autofree char *found = NULL;

	if (!read_text(self, "SELECT sql FROM sqlite_schema WHERE name = 'client'", &found, error))
		return false;
	if (g_strcmp0(found, CLIENT_TABLE) == 0)
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"the table 'client' of its '" DATABASE_FILE
		"' is not as lockferry makes it: restore a copy that is");
	return false;
}

static bool make_table(database *self, GError **error)
{
	return execute(self,
		"BEGIN IMMEDIATE;" CLIENT_TABLE ";"
		"PRAGMA application_id = " G_STRINGIFY(
			APPLICATION_ID) ";"
					"PRAGMA user_version = " G_STRINGIFY(
						DATABASE_FORMAT) ";"
								 "COMMIT",
		error);
}

static bool use_log(database *self, GError **error)
{
	g_autofree char *journal = NULL;

	if (!read_text(self, "PRAGMA journal_mode = WAL", &journal, error))
		return false;
	if (g_strcmp0(journal, "wal") == 0)
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"its '" DATABASE_FILE
		"' cannot use a write-ahead log here (its journal mode is '%s'): use a store of kind 'files'",
		journal);
	return false;
}

/*
 * Makes the log as long as it can become before SQLite starts it again. From then on a commit
 * overwrites existing blocks, and its sync changes nothing in the filesystem's own journal. This
 * nearly halves the time for a record. If space is scarce, the log grows only as needed.
 */
static void lengthen_log(int dir_fd)
{
	int fd = openat(dir_fd, DATABASE_WAL_FILE, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	g_autofree guint8 *zeros = NULL;
	struct statvfs room;
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && st.st_size < LOG_BYTES && fstatvfs(fd, &room) == 0 &&
		(guint64)room.f_bavail * room.f_frsize >= ROOM_BYTES) {
		zeros = g_malloc0((gsize)(LOG_BYTES - st.st_size));
		if (pwrite(fd, zeros, (gsize)(LOG_BYTES - st.st_size), st.st_size) > 0)
			fsync(fd);
	}
	close(fd);
}

/* Damage must not spread, so it is reported before anything is written. */
static bool check_pages(database *self, GError **error)
{
	g_autofree char *found = NULL;
	g_autofree char *shown = NULL;

	if (!read_text(self, "PRAGMA quick_check(1)", &found, error))
		return false;
	if (g_strcmp0(found, "ok") == 0)
		return true;
	shown = g_strescape(found != NULL ? found : "", NULL);
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"its '" DATABASE_FILE
		"' is damaged (%.200s): keep a copy of it, and create it again from the output of '.recover' of the sqlite3 command",
		shown);
	return false;
}

/*
 * SQL from the file must never run, and no extension may be loaded for it. Closing writes nothing,
 * for two reasons: a process that has lost the store to another node also closes it, and a process
 * that stops must not wait for the disk once more.
 */
static bool harden(database *self, GError **error)
{
	static const struct {
		int option;
		int value;
	} settings[] = {
		{SQLITE_DBCONFIG_DEFENSIVE, 1},
		{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
		{SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
		{SQLITE_DBCONFIG_ENABLE_VIEW, 0},
		{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
		{SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(settings); i++) {
		if (sqlite3_db_config(self->db, settings[i].option, settings[i].value, NULL) !=
			SQLITE_OK) {
			set_error(self, error);
			return false;
		}
	}
	sqlite3_limit(self->db, SQLITE_LIMIT_LENGTH, ROW_MAX_BYTES);
	sqlite3_busy_timeout(self->db, BUSY_TIMEOUT_MS);
	return true;
}

static bool connect_to(database *self, const char *file, GError **error)
{
	int result = sqlite3_open_v2(
		file, &self->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL);

	if (result != SQLITE_OK) {
		set_error(self, error);
		return false;
	}
	sqlite3_extended_result_codes(self->db, 1);
	return harden(self, error);
}

/* SQLite takes a path, which must have no symbolic link in it. So the links are resolved here,
 * and the result must lead to the open directory. */
static char *find_file(const char *path, int dir_fd, GError **error)
{
	char *real = realpath(path, NULL);
	char *file = NULL;
	struct stat by_path, by_fd;

	if (real != NULL && stat(real, &by_path) == 0 && fstat(dir_fd, &by_fd) == 0) {
		if (by_path.st_dev == by_fd.st_dev && by_path.st_ino == by_fd.st_ino)
			file = g_build_filename(real, DATABASE_FILE, NULL);
		else
			errno = ESTALE;
	}
	if (file == NULL)
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot find its directory");
	free(real);
	return file;
}

/* SQLite would create the file with a mode of its own. If the file is a pipe, SQLite would wait
 * for its other end. */
static bool check_file(int dir_fd, bool create, GError **error)
{
	int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int fd = openat(dir_fd, DATABASE_FILE, create ? flags | O_CREAT | O_EXCL : flags, 0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		if (fd >= 0)
			errno = EINVAL;
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot open its '" DATABASE_FILE "'");
		if (fd >= 0)
			close(fd);
		return false;
	}
	close(fd);
	/* A database with a write-ahead log has no rollback journal. SQLite would apply any such
	 * file, whatever it contains. */
	if (faccessat(dir_fd, DATABASE_FILE "-journal", F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"its '" DATABASE_FILE "-journal' is not lockferry's: move it away");
		return false;
	}
	return true;
}

static bool open_writer(
	database *self, const char *path, int dir_fd, enum store_mode mode, GError **error)
{
	bool create = mode == STORE_CREATE;
	g_autofree char *file = NULL;

	if (create && !database_destroy(dir_fd, error))
		return false;
	file = find_file(path, dir_fd, error);
	if (file == NULL || !check_file(dir_fd, create, error) || !connect_to(self, file, error) ||
		!execute(self, writer_pragmas, error))
		return false;
	if (!create && (!check_format(self, error) || !check_table(self, error)))
		return false;
	if (!use_log(self, error) || !(create ? make_table(self, error) : check_pages(self, error)))
		return false;
	/* The log of a killed process may contain commits without a sync, so a checkpoint follows.
	 * Then the directory is synced, to have the log's name on the disk whatever SQLite does. */
	if (!execute(self, "PRAGMA wal_checkpoint(RESTART)", error))
		return false;
	lengthen_log(dir_fd);
	return durable_sync(dir_fd, error);
}

static bool open_reader(database *self, int dir_fd, GError **error)
{
	char *file = database_copy_make(dir_fd, error);
	bool good;

	if (file == NULL)
		return false;
	good = connect_to(self, file, error) && execute(self, reader_pragmas, error) &&
	       check_format(self, error) && check_table(self, error);
	/* The database is open now. The unlinked files vanish with this process. */
	database_copy_remove(file);
	return good;
}

database *database_open(const char *path, int dir_fd, enum store_mode mode, GError **error)
{
	g_autoptr(database) self = g_new0(database, 1);

	if (mode == STORE_READ ? !open_reader(self, dir_fd, error)
			       : !open_writer(self, path, dir_fd, mode, error))
		return NULL;
	self->begin = database_prepare(self, "BEGIN IMMEDIATE", error);
	self->commit = self->begin != NULL ? database_prepare(self, "COMMIT", error) : NULL;
	return self->commit != NULL ? g_steal_pointer(&self) : NULL;
}

void database_close(database *self)
{
	if (self == NULL)
		return;
	sqlite3_finalize(self->begin);
	sqlite3_finalize(self->commit);
	sqlite3_close(self->db);
	g_free(self);
}

static bool is_zero(database *self, const char *sql)
{
	g_autofree char *number = NULL;

	return read_text(self, sql, &number, NULL) && g_strcmp0(number, "0") == 0;
}

/* While a database is being made, it is first empty, then has no table, then a table without
 * rows. A database that cannot be read counts as one with clients. */
const char *database_holds_clients(int dir_fd)
{
	g_autoptr(database) self = g_new0(database, 1);
	struct stat st;
	char *file;
	bool none;

	if (fstatat(dir_fd, DATABASE_FILE, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? NULL : DATABASE_FILE;
	if (st.st_size == 0)
		return NULL;
	file = database_copy_make(dir_fd, NULL);
	if (file == NULL)
		return DATABASE_FILE;
	none = connect_to(self, file, NULL) && execute(self, reader_pragmas, NULL) &&
	       (is_zero(self, "SELECT count(*) FROM sqlite_schema") ||
		       is_zero(self, "SELECT count(*) FROM client"));
	database_copy_remove(file);
	return none ? NULL : DATABASE_FILE;
}

bool database_destroy(int dir_fd, GError **error)
{
	/* Removes the database last: while it exists, it shows that the other files belong to
	 * it. */
	static const char *const names[] = {
		DATABASE_FILE "-journal", DATABASE_FILE "-shm", DATABASE_WAL_FILE, DATABASE_FILE};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		if (unlinkat(dir_fd, names[i], 0) != 0 && errno != ENOENT) {
			lf_error_set_errno(
				error, LF_ERROR_FAILED, "cannot remove its '%s'", names[i]);
			return false;
		}
	}
	return durable_sync(dir_fd, error);
}
