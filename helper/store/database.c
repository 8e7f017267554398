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

/* "LkFy", by which file(1) and people know whose it is. */
#define APPLICATION_ID 0x4c6b4679

/* Somebody may be looking at it with the sqlite3 command. */
#define BUSY_TIMEOUT_MS 2000

struct database {
	sqlite3 *db;
	sqlite3_stmt *begin, *commit;
};

/* 1,000 pages, each with a header, at which SQLite begins the log again; and some to spare, for it
 * ends a transaction first. */
#define LOG_BYTES (1100 * (4096 + 24))

/* There must be so much room for the log to be made that long beforehand. */
#define ROOM_BYTES (64 * 1024 * 1024)

/* A row has a whole file of statd's, three names, and the account. A longer one is not ours. */
#define ROW_MAX_BYTES (SM_FILE_MAX_BYTES + 4096)

/* Held against the file's own text: nothing else can hide behind the name of the table. */
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
 * Of the ways in which SQLite makes a commit durable, only the write-ahead log needs a single sync,
 * and only with FULL is that sync done at the commit. EXCLUSIVE comes first, for then the log's
 * index is not in a mapped file. The cache (KiB) is for a few records at a time; the kernel's has
 * the rest.
 */
static const char writer_pragmas[] = "PRAGMA locking_mode = EXCLUSIVE;"
				     "PRAGMA cache_size = -512;"
				     "PRAGMA synchronous = FULL;"
				     "PRAGMA cell_size_check = ON;"
				     "PRAGMA temp_store = MEMORY;"
				     "PRAGMA wal_autocheckpoint = 1000;"
				     "PRAGMA journal_size_limit = 8388608;";

/* On a copy that is unlinked as soon as it is open. */
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
			"' is damaged (%s): keep a copy of it, and make it again from what '.recover' of the sqlite3 command gets out of it",
			text);
	else if (result == SQLITE_BUSY)
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"another program has its '" DATABASE_FILE "' open: close that");
	else if (result == SQLITE_FULL)
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"no room for its '" DATABASE_FILE "' (%s): free some", text);
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
	/* Some errors have rolled it back already. */
	if (!sqlite3_get_autocommit(self->db))
		sqlite3_exec(self->db, "ROLLBACK", NULL, NULL, NULL);
}

/* The first column of the only row of a query, as text; the caller frees it. */
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
			"' is empty, or was not made by lockferry: bring back a copy that was");
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
		"' is not as lockferry makes it: bring back a copy that is");
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
		"its '" DATABASE_FILE "' cannot have a write-ahead log here (it has '%s')",
		journal);
	return false;
}

/*
 * Have the log as long as it gets before it is begun again: from then on a commit writes over what
 * is there, and its sync has nothing to tell the filesystem's own journal. That nearly halves the
 * time of a record. Where room is scarce the log just grows as it is needed.
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

/* What damage there is must not spread: it is reported before anything is written. */
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
		"' is damaged (%.200s): keep a copy of it, and make it again from what '.recover' of the sqlite3 command gets out of it",
		shown);
	return false;
}

/*
 * SQL from within the file must never run, and nothing may be loaded for it. Closing writes
 * nothing: a process that has lost the store to another node closes it as well, and one that stops
 * doesn't wait for the disk once more.
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

/* SQLite takes a path, and no link in it: the one without, which must lead to the same directory.
 */
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

/* SQLite would make it with a mode of its own, and wait for somebody at the other end of a pipe. */
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
	/* With a write-ahead log there is none. SQLite would undo by it whatever it says. */
	if (faccessat(dir_fd, DATABASE_FILE "-journal", F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"its '" DATABASE_FILE "-journal' is not lockferry's: take it away");
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
	/* The log of a process that was killed may hold commits whose sync it never got to. And
	 * the log's own name goes on the disk now, whatever SQLite does about it. */
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
	/* Open by now, and gone with the process that has it open. */
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

/* While one is made it is empty, then has no table, then a table without rows. Whatever cannot be
 * read is not such a state. */
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
	/* The database last: while it is there, what belongs to it is told from what doesn't. */
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
