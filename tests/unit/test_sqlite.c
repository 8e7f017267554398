/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Tests for the sqlite store only: a database that was replaced or damaged. The tests for all kinds
 * are in test_store_backends. */

#include "base/error.h"
#include "nsm/record.h"
#include "scratch.h"
#include "store/store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORD_A SCRATCH_RECORD("10.99.0.21")
#define DATABASE "store/store.sqlite"
#define CLIENTS 100

typedef struct fixture {
	scratch *scratch;
	const char *path;
	const char *file;
} fixture;

static void put_many(store *to, guint count)
{
	g_autoptr(GPtrArray) clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
	g_autoptr(GBytes) raw = g_bytes_new_static(RECORD_A, strlen(RECORD_A));
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < count; i++) {
		g_autofree char *name = g_strdup_printf("client%u", i);

		g_ptr_array_add(clients, client_new(name, raw, "", ""));
	}
	store_put_clients(to, clients, &error);
	g_assert_no_error(error);
}

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	store *made;

	self->scratch = scratch_new();
	self->path = scratch_path(self->scratch, "store");
	self->file = scratch_path(self->scratch, DATABASE);
	made = store_open(self->path, STORE_CREATE, "sqlite", NULL);
	g_assert_nonnull(made);
	put_many(made, CLIENTS);
	store_close(made);
	/* The contents of the log are in the database now. */
	made = store_open(self->path, STORE_WRITE, NULL, NULL);
	g_assert_nonnull(made);
	store_close(made);
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	scratch_free(self->scratch);
}

/* Another program changes the database. */
static void run_sql(const fixture *self, const char *sql)
{
	g_autofree char *message = NULL;
	sqlite3 *db;

	g_assert_cmpint(sqlite3_open(self->file, &db), ==, SQLITE_OK);
	sqlite3_exec(db, sql, NULL, NULL, NULL);
	g_assert_cmpstr(sqlite3_errmsg(db), ==, "not an error");
	g_assert_cmpint(sqlite3_close(db), ==, SQLITE_OK);
}

static void assert_refused(const fixture *self, enum store_mode mode, int code, const char *says)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(store_open(self->path, mode, NULL, &error));
	g_test_message("%s", error->message);
	g_assert_error(error, LF_ERROR, code);
	g_assert_nonnull(strstr(error->message, self->path));
	if (strstr(error->message, says) == NULL)
		g_error("'%s' does not say '%s'", error->message, says);
}

static GPtrArray *load(const fixture *self, guint n_problems)
{
	g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	store *from = store_open(self->path, STORE_READ, NULL, &error);
	GPtrArray *clients;

	g_assert_no_error(error);
	clients = store_load_clients(from, STORE_WITH_RAW, problems, &error);
	g_assert_no_error(error);
	for (guint i = 0; i < problems->len; i++)
		g_test_message("%s", (char *)g_ptr_array_index(problems, i));
	g_assert_cmpuint(problems->len, ==, n_problems);
	store_close(from);
	return clients;
}

static void test_files(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	struct stat status;

	g_assert_cmpint(stat(self->file, &status), ==, 0);
	g_assert_cmpuint(status.st_mode, ==, S_IFREG | 0600);
	g_assert_cmpint(stat(scratch_path(self->scratch, DATABASE "-wal"), &status), ==, 0);
	g_assert_cmpuint(status.st_mode, ==, S_IFREG | 0600);
	/* There is no file for shared memory. */
	g_assert_false(scratch_has(self->scratch, DATABASE "-shm"));
}

static void test_by_link(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const char *link = scratch_path(self->scratch, "link");
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(symlink(self->path, link), ==, 0);
	g_autoptr(store) opened = store_open(link, STORE_WRITE, NULL, &error);
	g_assert_no_error(error);
	put_many(opened, 1);
}

static void test_other_version(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	run_sql(self, "PRAGMA user_version = 2");
	for (enum store_mode mode = STORE_READ; mode <= STORE_CREATE; mode++)
		assert_refused(self, mode, LF_ERROR_NOT_INSTALLED,
			"has format 2, this lockferry knows format 1: install the same version on every node");
}

static void test_not_there(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	scratch_remove(self->scratch, DATABASE);
	/* The store is not made again: it would look like a group without clients. */
	for (enum store_mode mode = STORE_READ; mode <= STORE_CREATE; mode++)
		assert_refused(self, mode, LF_ERROR_FAILED, "store.sqlite");
	g_assert_false(scratch_has(self->scratch, DATABASE));
}

static void test_no_file(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const char *elsewhere = scratch_path(self->scratch, "elsewhere");

	g_assert_cmpint(rename(self->file, elsewhere), ==, 0);
	g_assert_cmpint(symlink(elsewhere, self->file), ==, 0);
	for (enum store_mode mode = STORE_READ; mode <= STORE_CREATE; mode++)
		assert_refused(self, mode, LF_ERROR_FAILED, "store.sqlite");
	scratch_remove(self->scratch, DATABASE);
	g_assert_cmpint(mkfifo(self->file, 0600), ==, 0);
	for (enum store_mode mode = STORE_READ; mode <= STORE_CREATE; mode++)
		assert_refused(self, mode, LF_ERROR_FAILED, "store.sqlite");
	scratch_remove(self->scratch, DATABASE);
	scratch_mkdir(self->scratch, DATABASE);
	for (enum store_mode mode = STORE_READ; mode <= STORE_CREATE; mode++)
		assert_refused(self, mode, LF_ERROR_FAILED, "store.sqlite");
}

/* With a journal, SQLite would change the database, and delete files that the journal names. */
static void test_journal(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	scratch_write(self->scratch, DATABASE "-journal", "whatever");
	assert_refused(self, STORE_WRITE, LF_ERROR_FAILED, "store.sqlite-journal");
	g_autoptr(GPtrArray) clients = load(self, 0);
	g_assert_cmpuint(clients->len, ==, CLIENTS);
}

static void test_log_by_link(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const char *elsewhere = scratch_path(self->scratch, "elsewhere");
	const char *log = scratch_path(self->scratch, DATABASE "-wal");
	g_autofree char *text = NULL;

	scratch_write(self->scratch, "elsewhere", "not ours\n");
	scratch_remove(self->scratch, DATABASE "-wal");
	g_assert_cmpint(symlink(elsewhere, log), ==, 0);
	for (enum store_mode mode = STORE_READ; mode <= STORE_CREATE; mode++)
		assert_refused(self, mode, LF_ERROR_FAILED, "store.sqlite");
	text = scratch_read(self->scratch, "elsewhere");
	g_assert_cmpstr(text, ==, "not ours\n");
}

/* SQL statements that are in the file. */
static void test_hostile_schema(fixture *self, gconstpointer data)
{
	const char *const *sql = data;

	run_sql(self, sql[0]);
	for (enum store_mode mode = STORE_READ; mode <= STORE_CREATE; mode++)
		assert_refused(self, mode, LF_ERROR_FAILED, sql[1]);
}

static void test_trigger(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GPtrArray) files = g_ptr_array_new();

	run_sql(self, "CREATE TRIGGER t AFTER DELETE ON client BEGIN DELETE FROM client; END");
	g_autoptr(store) to = store_open(self->path, STORE_WRITE, NULL, NULL);
	g_assert_nonnull(to);
	g_ptr_array_add(files, (char *)"client1");
	g_assert_true(store_remove_clients(to, 0, files, NULL));
	g_clear_pointer(&to, store_close);
	g_autoptr(GPtrArray) clients = load(self, 0);
	g_assert_cmpuint(clients->len, ==, CLIENTS - 1);
}

/* A harmless change by an administrator. */
static void test_analyzed(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	run_sql(self, "CREATE INDEX by_mon_name ON client (mon_name); ANALYZE; VACUUM");
	g_autoptr(store) to = store_open(self->path, STORE_WRITE, NULL, NULL);
	g_assert_nonnull(to);
	put_many(to, CLIENTS + 1);
	g_autoptr(GPtrArray) clients = load(self, 0);
	g_assert_cmpuint(clients->len, ==, CLIENTS + 1);
}

/* One bad row does not affect the others. */
static void test_bad_rows(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	run_sql(self, "UPDATE client SET raw = x'' WHERE file = 'client1';"
		      "UPDATE client SET raw = zeroblob(100000) WHERE file = 'client2';"
		      "UPDATE client SET raw = substr(raw, 1, 20) WHERE file = 'client3';"
		      "UPDATE client SET raw = 17 WHERE file = 'client4';"
		      "UPDATE client SET file = '../client5' WHERE file = 'client5';"
		      "UPDATE client SET file = x'00ff' WHERE file = 'client6';"
		      "UPDATE client SET mon_name = '10.99.0.99' WHERE file = 'client7';"
		      "UPDATE client SET my_name = x'6e6f64653100' WHERE file = 'client8'");
	g_autoptr(GPtrArray) clients = load(self, 8);
	g_assert_cmpuint(clients->len, ==, CLIENTS - 8);
}

/* The records are read in spite of a bad account. */
static void test_bad_accounts(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	run_sql(self, "UPDATE client SET recovery = 'happy' WHERE file = 'client1';"
		      "UPDATE client SET recovery = x'00' WHERE file = 'client2';"
		      "UPDATE client SET first_recorded = -1 WHERE file = 'client3';"
		      "UPDATE client SET last_seen = 'yesterday' WHERE file = 'client4';"
		      "UPDATE client SET last_seen = 1e300 WHERE file = 'client5'");
	g_autoptr(GPtrArray) clients = load(self, 5);
	g_assert_cmpuint(clients->len, ==, CLIENTS);
	for (guint i = 0; i < clients->len; i++)
		g_assert_cmpint(((client *)clients->pdata[i])->recovery, ==, RECOVERY_RECORDED);
}

static void test_no_record(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const texts[] = {"", "rubbish\n", "0100007f 000186b5"};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GPtrArray) clients =
			g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
		g_autoptr(GBytes) raw = g_bytes_new_static(texts[i], strlen(texts[i]));
		g_autoptr(store) to = store_open(self->path, STORE_WRITE, NULL, NULL);
		g_autoptr(GError) error = NULL;

		g_ptr_array_add(clients, client_new("newcomer", raw, "", ""));
		g_assert_false(store_put_clients(to, clients, &error));
		g_assert_nonnull(strstr(error->message, "'newcomer'"));
	}
}

/* Uses the store as far as possible: there may be errors, but no crash. */
static void use(const fixture *self, enum store_mode mode)
{
	store *opened = store_open(self->path, mode, NULL, NULL);
	g_autoptr(GPtrArray) clients = NULL;

	if (opened == NULL)
		return;
	clients = store_load_clients(opened, STORE_WITH_RAW, NULL, NULL);
	if (clients != NULL && mode != STORE_READ) {
		store_put_clients(opened, clients, NULL);
		store_save_account(opened, 0, clients, NULL);
	}
	store_close(opened);
}

static void write_damaged(fixture *self, const char *name, const char *content, gsize length,
	gsize place, GRand *random)
{
	g_autofree char *damaged = g_memdup2(content, length);

	for (int i = 0; i < 8; i++)
		damaged[(place + (gsize)g_rand_int_range(random, 0, 64)) % length] =
			(char)g_rand_int(random);
	scratch_write_bytes(self->scratch, name, damaged, length);
}

/* Changed bytes in the whole database and log, and both cut off. */
static void test_damaged(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const names[] = {DATABASE, DATABASE "-wal"};
	char *contents[2];
	gsize lengths[2];
	GRand *random = g_rand_new_with_seed(g_test_rand_int());
	store *to = store_open(self->path, STORE_WRITE, NULL, NULL);

	put_many(to, 2 * CLIENTS);
	store_close(to);
	for (int i = 0; i < 2; i++)
		g_assert_true(g_file_get_contents(
			scratch_path(self->scratch, names[i]), &contents[i], &lengths[i], NULL));
	for (int i = 0; i < 2; i++) {
		for (gsize place = 0; place < lengths[i]; place += MAX(lengths[i] / 60, 16)) {
			for (enum store_mode mode = STORE_READ; mode <= STORE_WRITE; mode++) {
				scratch_write_bytes(self->scratch, names[1 - i], contents[1 - i],
					lengths[1 - i]);
				write_damaged(
					self, names[i], contents[i], lengths[i], place, random);
				use(self, mode);
				scratch_write_bytes(self->scratch, names[i], contents[i], place);
				use(self, mode);
			}
		}
	}
	for (int i = 0; i < 2; i++) {
		scratch_write_bytes(self->scratch, names[i], contents[i], lengths[i]);
		g_free(contents[i]);
	}
	g_rand_free(random);
	g_autoptr(GPtrArray) clients = load(self, 0);
	g_assert_cmpuint(clients->len, ==, 2 * CLIENTS);
}

static void test_rubbish(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *rubbish = g_strnfill(20000, 'x');

	/* With the log, the database would be repaired. */
	scratch_remove(self->scratch, DATABASE "-wal");
	scratch_write(self->scratch, DATABASE, rubbish);
	for (enum store_mode mode = STORE_READ; mode <= STORE_CREATE; mode++)
		assert_refused(self, mode, LF_ERROR_FAILED, "damaged");
	scratch_write(self->scratch, DATABASE, "");
	for (enum store_mode mode = STORE_READ; mode <= STORE_CREATE; mode++)
		assert_refused(
			self, mode, LF_ERROR_FAILED, "is empty, or was not made by lockferry");
}

/* Reading a sparse file must not fill the reader's disk. */
static void test_huge(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_cmpint(truncate(self->file, (off_t)1 << 40), ==, 0);
	assert_refused(self, STORE_READ, LF_ERROR_FAILED, "too large");
}

/* A crash while the store was made leaves a rest that the next attempt removes: nothing, a database
 * without tables, or without clients. */
static void test_half_made(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const stages[] = {NULL, "DROP TABLE client", "DELETE FROM client"};

	for (gsize i = 0; i < G_N_ELEMENTS(stages); i++) {
		if (stages[i] != NULL)
			run_sql(self, stages[i]);
		else
			scratch_write(self->scratch, DATABASE, "");
		scratch_remove(self->scratch, "store/kind");
		scratch_write(self->scratch, DATABASE "-journal", "half a journal");
		g_autoptr(store) made = store_open(self->path, STORE_CREATE, "sqlite", NULL);
		g_assert_nonnull(made);
		put_many(made, 1);
		g_autoptr(GPtrArray) clients = load(self, 0);
		g_assert_cmpuint(clients->len, ==, 1);
	}
}

/* With clients, or possibly with clients, it is not a rest, and is not changed. */
static void test_no_kind(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *rubbish = g_strnfill(20000, 'x');

	scratch_remove(self->scratch, "store/kind");
	assert_refused(self, STORE_CREATE, LF_ERROR_FAILED, "no 'kind' file");
	scratch_write(self->scratch, "store/kind", "sqlite\n");
	g_autoptr(GPtrArray) clients = load(self, 0);
	g_assert_cmpuint(clients->len, ==, CLIENTS);
	scratch_remove(self->scratch, "store/kind");
	scratch_remove(self->scratch, DATABASE "-wal");
	scratch_write(self->scratch, DATABASE, rubbish);
	assert_refused(self, STORE_CREATE, LF_ERROR_FAILED, "no 'kind' file");
	g_autofree char *after = scratch_read(self->scratch, DATABASE);
	g_assert_cmpstr(after, ==, rubbish);
}

#define ADD(name, data, function)                                                                  \
	g_test_add("/sqlite/" name, fixture, data, set_up, function, tear_down)

int main(int argc, char **argv)
{
	static const char *const view[] = {
		"DROP TABLE client; CREATE VIEW client AS SELECT 1 AS file",
		"the table 'client'",
	};
	static const char *const generated[] = {
		"DROP TABLE client; CREATE TABLE client (file, mon_name, my_name, raw AS (zeroblob(100000000)), first_recorded, last_seen, recovery)",
		"the table 'client'",
	};
	static const char *const none[] = {"DROP TABLE client", "the table 'client'"};

	g_test_init(&argc, &argv, NULL);
	ADD("files", NULL, test_files);
	ADD("by-link", NULL, test_by_link);
	ADD("other-version", NULL, test_other_version);
	ADD("not-there", NULL, test_not_there);
	ADD("no-file", NULL, test_no_file);
	ADD("journal", NULL, test_journal);
	ADD("log-by-link", NULL, test_log_by_link);
	ADD("hostile-schema/view", view, test_hostile_schema);
	ADD("hostile-schema/generated", generated, test_hostile_schema);
	ADD("hostile-schema/none", none, test_hostile_schema);
	ADD("trigger", NULL, test_trigger);
	ADD("analyzed", NULL, test_analyzed);
	ADD("bad-rows", NULL, test_bad_rows);
	ADD("bad-accounts", NULL, test_bad_accounts);
	ADD("no-record", NULL, test_no_record);
	ADD("damaged", NULL, test_damaged);
	ADD("rubbish", NULL, test_rubbish);
	ADD("huge", NULL, test_huge);
	ADD("half-made", NULL, test_half_made);
	ADD("no-kind", NULL, test_no_kind);
	return g_test_run();
}
