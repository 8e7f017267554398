/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What every kind of store keeps to: the same tests for each. What one kind alone has to fear is
 * in test_store (files) and test_sqlite. */

#include "base/error.h"
#include "disk.h"
#include "group/address_bits.h"
#include "nsm/record.h"
#include "quick_time.h"
#include "scratch.h"
#include "store/convey.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define RECORD_A SCRATCH_RECORD("10.99.0.21")
#define RECORD_B SCRATCH_RECORD("10.99.0.22")

typedef struct fixture {
	scratch *scratch;
	const char *kind;
	const char *path;
} fixture;

static void set_up(fixture *self, gconstpointer data)
{
	self->scratch = scratch_new();
	self->kind = data;
	self->path = scratch_path(self->scratch, "store");
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	disk_let_be();
	scratch_free(self->scratch);
}

static store *open_store(const fixture *self, enum store_mode mode)
{
	g_autoptr(GError) error = NULL;
	store *opened = store_open(self->path, mode, self->kind, &error);

	g_assert_no_error(error);
	return opened;
}

static GPtrArray *one_client(const char *file, const char *text)
{
	GPtrArray *clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
	g_autoptr(GBytes) raw = g_bytes_new(text, strlen(text));

	g_ptr_array_add(clients, client_new(file, raw, "unused", "unused"));
	return clients;
}

static bool try_put(store *to, const char *file, const char *text, GError **error)
{
	g_autoptr(GPtrArray) clients = one_client(file, text);

	return store_put_clients(to, clients, error);
}

static void put(store *to, const char *file, const char *text)
{
	g_autoptr(GError) error = NULL;

	try_put(to, file, text, &error);
	g_assert_no_error(error);
}

static GPtrArray *load(store *from)
{
	g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	GPtrArray *clients = store_load_clients(from, STORE_WITH_RAW, problems, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(problems->len, ==, 0);
	return clients;
}

/* As another process finds it. */
static GPtrArray *load_anew(const fixture *self, enum store_mode mode)
{
	g_autoptr(store) from = open_store(self, mode);

	return load(from);
}

static client *find(GPtrArray *clients, const char *file)
{
	for (guint i = 0; i < clients->len; i++) {
		client *entry = g_ptr_array_index(clients, i);

		if (strcmp(entry->file, file) == 0)
			return entry;
	}
	return NULL;
}

static void assert_raw(GPtrArray *clients, const char *file, const char *text)
{
	const client *entry = find(clients, file);
	gsize length;
	const void *raw;

	g_assert_nonnull(entry);
	raw = g_bytes_get_data(entry->raw, &length);
	g_assert_cmpmem(raw, length, text, strlen(text));
}

/* As while a group is served: what can be made ahead for the next record is. */
static void save_account(store *to)
{
	g_autoptr(GPtrArray) clients = load(to);
	g_autoptr(GError) error = NULL;

	store_save_account(to, 0, clients, &error);
	g_assert_no_error(error);
}

static void test_kept(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *longest = g_strnfill(SM_NAME_MAX_BYTES, 'x');
	g_autoptr(store) to = open_store(self, STORE_CREATE);

	g_assert_cmpstr(store_backend(to), ==, self->kind);
	put(to, "b", RECORD_A);
	put(to, "a", RECORD_A RECORD_B);
	put(to, longest, RECORD_B);
	put(to, "b", RECORD_B);
	g_clear_pointer(&to, store_close);
	for (enum store_mode mode = STORE_READ; mode <= STORE_CREATE; mode++) {
		g_autoptr(GPtrArray) clients = load_anew(self, mode);

		/* A client for each of the two in one file. */
		g_assert_cmpuint(clients->len, ==, 4);
		g_assert_cmpstr(((client *)clients->pdata[0])->file, ==, "a");
		g_assert_cmpstr(((client *)clients->pdata[1])->file, ==, "a");
		g_assert_cmpstr(((client *)clients->pdata[1])->mon_name, ==, "10.99.0.22");
		g_assert_cmpstr(find(clients, "a")->mon_name, ==, "10.99.0.21");
		g_assert_cmpstr(find(clients, "a")->my_name, ==, "node1");
		assert_raw(clients, "a", RECORD_A RECORD_B);
		assert_raw(clients, "b", RECORD_B);
		assert_raw(clients, longest, RECORD_B);
	}
}

static bool has(store *from, const char *file, const char *text)
{
	g_autoptr(GBytes) raw = g_bytes_new(text, strlen(text));

	return store_has(from, file, raw);
}

static void test_has(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(store) to = open_store(self, STORE_CREATE);

	g_assert_false(has(to, "a", RECORD_A));
	put(to, "a", RECORD_A RECORD_B);
	g_assert_true(has(to, "a", RECORD_A RECORD_B));
	g_assert_false(has(to, "a", RECORD_A));
	g_assert_false(has(to, "a", RECORD_A RECORD_B RECORD_B));
	g_assert_false(has(to, "a", RECORD_B RECORD_A));
	g_assert_false(has(to, "b", RECORD_A RECORD_B));
	g_assert_false(has(to, "../sm/a", RECORD_A RECORD_B));
	put(to, "a", RECORD_A);
	g_assert_true(has(to, "a", RECORD_A));
	g_clear_pointer(&to, store_close);
	to = open_store(self, STORE_WRITE);
	g_assert_true(has(to, "a", RECORD_A));
}

static void note_failed(const client *entry, const GError *error, void *data)
{
	g_assert_nonnull(error);
	g_ptr_array_add(data, (gpointer)entry);
}

/* More than go at once; one of them left the store meanwhile. */
static void test_conveyed(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	enum { COUNT = 600 };
	g_autoptr(store) from = open_store(self, STORE_CREATE);
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
	g_autoptr(GPtrArray) failed = g_ptr_array_new();
	g_autoptr(GBytes) raw = g_bytes_new_static(RECORD_A, strlen(RECORD_A));
	g_autoptr(sm_dir) live = sm_dir_open(scratch_mkdir(self->scratch, "live"), NULL);
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < COUNT; i++) {
		g_autofree char *name = g_strdup_printf("client%u", i);

		g_ptr_array_add(all, client_new(name, raw, "unused", "unused"));
	}
	g_assert_true(store_put_clients(from, all, &error));
	g_ptr_array_add(all, client_new("gone", NULL, "unused", "unused"));
	scratch_write(self->scratch, "live/client7", RECORD_B);
	scratch_write(self->scratch, "live/client8", RECORD_A);
	g_assert_cmpuint(convey(from, all, live, NULL, note_failed, failed), ==, COUNT - 1);
	g_assert_cmpuint(failed->len, ==, 1);
	g_assert_cmpstr(((const client *)failed->pdata[0])->file, ==, "gone");
	for (guint i = 0; i < COUNT; i++) {
		g_autofree char *name = g_strdup_printf("live/client%u", i);
		g_autofree char *text = scratch_read(self->scratch, name);

		/* Statd's line of another client stays in its file. */
		g_assert_cmpstr(text, ==, i == 7 ? RECORD_B RECORD_A : RECORD_A);
	}
}

static char *random_name(GRand *random, gsize max_length)
{
	gsize length = (gsize)g_rand_int_range(random, 1, (gint)max_length + 1);
	char *name = g_malloc0(length + 1);

	for (gsize i = 0; i < length; i++) {
		do
			name[i] = (char)g_rand_int_range(random, '!', '~' + 1);
		while (name[i] == '/' || (i == 0 && name[i] == '.'));
	}
	return name;
}

static char *random_records(GRand *random)
{
	GString *text = g_string_new(NULL);
	gint lines = g_rand_int_range(random, 1, 5);

	for (gint i = 0; i < lines; i++) {
		sm_record record = {.address = g_rand_int(random),
			.program = g_rand_int(random),
			.version = g_rand_int(random),
			.procedure = g_rand_int(random),
			.mon_name = random_name(random, SM_NAME_MAX_BYTES),
			.my_name = random_name(random, SM_NAME_MAX_BYTES)};

		for (gsize j = 0; j < SM_RECORD_COOKIE_BYTES; j++)
			record.cookie[j] = (guint8)g_rand_int(random);
		/* What statd itself would write. */
		record.program = 100021;
		record.version = 3;
		record.procedure = 16;
		sm_record_format(&record, text);
		g_free(record.mon_name);
		g_free(record.my_name);
	}
	return g_string_free(text, FALSE);
}

/* Whatever statd wrote comes out again, byte for byte. */
static void test_identical(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GHashTable) texts =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
	g_autoptr(store) to = open_store(self, STORE_CREATE);
	GRand *random = g_rand_new_with_seed(g_test_rand_int());
	g_autoptr(GError) error = NULL;

	for (int i = 0; i < 100; i++) {
		char *name = random_name(random, 200), *text = random_records(random);
		g_autoptr(GBytes) raw = g_bytes_new(text, strlen(text));

		g_ptr_array_add(all, client_new(name, raw, "", ""));
		g_hash_table_insert(texts, name, text);
	}
	g_rand_free(random);
	g_assert_true(store_put_clients(to, all, &error));
	g_assert_no_error(error);
	g_clear_pointer(&to, store_close);

	g_autoptr(GPtrArray) clients = load_anew(self, STORE_WRITE);
	guint files = 0;
	for (guint i = 0; i < clients->len; i++) {
		const client *entry = g_ptr_array_index(clients, i);

		/* Of the clients in one file the first has it. */
		if (entry->raw == NULL)
			continue;
		files++;
		assert_raw(clients, entry->file, g_hash_table_lookup(texts, entry->file));
	}
	g_assert_cmpuint(files, ==, g_hash_table_size(texts));
}

static void test_removed(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GPtrArray) files = g_ptr_array_new();
	g_autoptr(store) to = open_store(self, STORE_CREATE);
	g_autoptr(GError) error = NULL;

	put(to, "a", RECORD_A);
	put(to, "b", RECORD_B);
	g_ptr_array_add(files, (char *)"a");
	g_ptr_array_add(files, (char *)"never-there");
	g_ptr_array_add(files, (char *)"../kind");
	store_remove_clients(to, 0, files, &error);
	g_assert_no_error(error);
	g_clear_pointer(&to, store_close);
	g_autoptr(GPtrArray) left = load_anew(self, STORE_WRITE);
	g_assert_cmpuint(left->len, ==, 1);
	assert_raw(left, "b", RECORD_B);
}

static void test_account(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(store) to = open_store(self, STORE_CREATE);
	g_autoptr(GError) error = NULL;

	put(to, "a", RECORD_A);
	put(to, "b", RECORD_B);
	g_autoptr(GPtrArray) clients = load(to);
	for (guint i = 0; i < clients->len; i++) {
		client *entry = g_ptr_array_index(clients, i);

		entry->first_recorded = 100 + i;
		entry->last_seen = G_MAXINT64 - i;
		entry->recovery = i == 0 ? RECOVERY_TOLD : RECOVERY_LOST;
	}
	store_save_account(to, 0, clients, &error);
	g_assert_no_error(error);
	/* A record that is written again leaves the account as it is. */
	put(to, "a", RECORD_B);
	g_clear_pointer(&to, store_close);
	g_autoptr(GPtrArray) again = load_anew(self, STORE_READ);
	g_assert_cmpuint(again->len, ==, 2);
	g_assert_cmpint(find(again, "a")->first_recorded, ==, 100);
	g_assert_cmpint(find(again, "a")->last_seen, ==, G_MAXINT64);
	g_assert_cmpint(find(again, "a")->recovery, ==, RECOVERY_TOLD);
	g_assert_cmpint(find(again, "b")->first_recorded, ==, 101);
	g_assert_cmpint(find(again, "b")->recovery, ==, RECOVERY_LOST);
}

static void save_as(store *to, GPtrArray *clients, guint64 epoch, enum recovery recovery)
{
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < clients->len; i++)
		((client *)g_ptr_array_index(clients, i))->recovery = recovery;
	store_save_account(to, epoch, clients, &error);
	g_assert_no_error(error);
}

static void save_epoch(store *to, guint64 epoch)
{
	g_autoptr(group_state) state = group_state_new("files", 1700000000);
	g_autoptr(GError) error = NULL;

	state->epoch = epoch;
	store_save_state(to, state, &error);
	g_assert_no_error(error);
}

static void remove_text(store *to, guint64 epoch)
{
	g_autoptr(GError) error = NULL;

	store_save_text(to, epoch, STORE_MAY_HAVE_LOST, NULL, &error);
	g_assert_no_error(error);
}

static void assert_recovery(store *from, const char *file, enum recovery expected)
{
	g_autoptr(GPtrArray) clients = load(from);

	g_assert_cmpint(find(clients, file)->recovery, ==, expected);
}

/* An earlier version knows no such word, and finds one that it knows: that of the two which is
 * worse. It is what this one finds, too, without the text beside it, or with that of a recovery
 * before the last. */
static void test_may_have_lost(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(store) to = open_store(self, STORE_CREATE);

	put(to, "a", RECORD_A);
	put(to, "b", RECORD_B);
	g_autoptr(GPtrArray) clients = load(to);
	save_epoch(to, 3);
	save_as(to, clients, 3, RECOVERY_MAY_HAVE_LOST);
	assert_recovery(to, "a", RECOVERY_MAY_HAVE_LOST);
	/* Another is lost, then; and one is back. */
	find(clients, "a")->recovery = RECOVERY_RECORDED;
	g_assert_true(store_save_account(to, 3, clients, NULL));
	assert_recovery(to, "a", RECOVERY_RECORDED);
	assert_recovery(to, "b", RECOVERY_MAY_HAVE_LOST);
	save_as(to, clients, 3, RECOVERY_MAY_HAVE_LOST);
	save_epoch(to, 4);
	assert_recovery(to, "a", RECOVERY_LOST);
	save_as(to, clients, 4, RECOVERY_MAY_HAVE_LOST);
	g_clear_pointer(&to, store_close);
	to = open_store(self, STORE_WRITE);
	assert_recovery(to, "b", RECOVERY_MAY_HAVE_LOST);
	remove_text(to, 4);
	assert_recovery(to, "b", RECOVERY_LOST);
	/* Somebody removed it: it is written again. */
	save_as(to, clients, 4, RECOVERY_MAY_HAVE_LOST);
	assert_recovery(to, "b", RECOVERY_MAY_HAVE_LOST);
}

static void save_number(store *to, gint32 state_number, bool recovery_due)
{
	g_autoptr(group_state) state = group_state_new("files", 1700000000);
	g_autoptr(GError) error = NULL;

	state->epoch = 3;
	state->state_number = state_number;
	state->recovery_due = recovery_due;
	store_save_state(to, state, &error);
	g_assert_no_error(error);
}

static void assert_answered(const fixture *self, address_set a, bool b_asked)
{
	g_autoptr(GPtrArray) clients = load_anew(self, STORE_READ);

	g_assert_cmpuint(find(clients, "a")->answered, ==, a);
	g_assert_true(find(clients, "b")->asked == b_asked);
	g_assert_cmpint(find(clients, "b")->recovery, ==, RECOVERY_TOLD);
}

/* Who answered at some of the addresses, and who asked before it was told: for as long as the
 * recovery is that one. */
static void test_answers(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(store) to = open_store(self, STORE_CREATE);
	address_set first = address_bit("192.0.2.10");

	put(to, "a", RECORD_A);
	put(to, "b", RECORD_B);
	g_autoptr(GPtrArray) clients = load(to);
	client *a = find(clients, "a"), *b = find(clients, "b");
	a->answered = first;
	b->wanted = first;
	b->asked = true;
	save_number(to, 7, false);
	save_as(to, clients, 3, RECOVERY_RECLAIMED);
	assert_answered(self, 0, false);
	save_number(to, 7, true);
	save_as(to, clients, 3, RECOVERY_RECLAIMED);
	assert_answered(self, first, true);
	/* It goes on. */
	a->answered |= address_bit("192.0.2.20");
	save_as(to, clients, 3, RECOVERY_RECLAIMED);
	assert_answered(self, a->answered, true);
	/* The next one. */
	save_number(to, 9, true);
	assert_answered(self, 0, false);
}

/* What somebody else does to it while it is in use */

static void assert_unchanged(store *to)
{
	g_assert_true(store_check_clients(to));
	g_autoptr(GPtrArray) alarms = store_take_alarms(to);
	g_assert_cmpuint(alarms->len, ==, 0);
}

static void assert_changed(store *to, const char *name)
{
	g_autofree char *says = g_strdup_printf("'%s' in the store", name);

	g_assert_false(store_check_clients(to));
	g_autoptr(GPtrArray) alarms = store_take_alarms(to);
	g_assert_cmpuint(alarms->len, ==, 1);
	g_assert_nonnull(strstr(g_ptr_array_index(alarms, 0), says));
	assert_unchanged(to);
}

/* Nothing that the process does itself. */
static void test_own_changes(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const struct disk_plan fails = {
		.fail_step = 3, .fail_errno = ENOSPC, .for_good = true};
	g_autoptr(store) to = open_store(self, STORE_CREATE);
	g_autoptr(GPtrArray) files = g_ptr_array_new();
	g_autoptr(GError) error = NULL;

	put(to, "a", RECORD_A);
	save_epoch(to, 3);
	assert_unchanged(to);
	for (int i = 0; i < 40; i++) {
		g_autofree char *file = g_strdup_printf("client%d", i);

		put(to, file, RECORD_B);
		put(to, file, RECORD_A);
	}
	assert_unchanged(to);
	g_autoptr(GPtrArray) clients = load(to);
	g_assert_true(store_has(to, "a", ((client *)g_ptr_array_index(clients, 0))->raw));
	save_as(to, clients, 3, RECOVERY_TOLD);
	assert_unchanged(to);
	g_ptr_array_add(files, (char *)"client7");
	g_ptr_array_add(files, (char *)"never-there");
	g_assert_true(store_remove_clients(to, 3, files, NULL));
	assert_unchanged(to);
	disk_watch(&fails);
	g_assert_false(try_put(to, "b", RECORD_B, &error));
	disk_let_be();
	assert_unchanged(to);
	put(to, "b", RECORD_B);
	assert_unchanged(to);
}

/* In place and of the same length, as a client does it that made up a file handle; but not in the
 * same tick of the kernel's clock. */
static void overwrite(const fixture *self, const char *name)
{
	g_autofree char *path = g_build_filename(self->path, name, NULL);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	char byte;

	g_usleep(20000);
	g_assert_cmpint(pread(fd, &byte, 1, 40), ==, 1);
	g_assert_cmpint(pwrite(fd, &byte, 1, 40), ==, 1);
	close(fd);
}

static void remove_file(const fixture *self, const char *name)
{
	g_autofree char *path = g_build_filename(self->path, name, NULL);

	g_assert_cmpint(unlink(path), ==, 0);
}

static void test_changed(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	bool is_files = g_str_equal(self->kind, "files");
	const char *of_records = is_files ? "sm" : "store.sqlite";
	g_autoptr(store) to = open_store(self, STORE_CREATE);

	put(to, "client-a", RECORD_A);
	put(to, "client-b", RECORD_B);
	save_epoch(to, 3);
	g_autoptr(GPtrArray) clients = load(to);
	save_as(to, clients, 3, RECOVERY_RECLAIMED);
	assert_unchanged(to);
	overwrite(self, is_files ? "sm/client-a" : "store.sqlite");
	assert_changed(to, of_records);
	/* A write of ours between that and the look. */
	overwrite(self, is_files ? "sm/client-a" : "store.sqlite-wal");
	put(to, "client-a", RECORD_B);
	assert_changed(to, of_records);
	if (!is_files)
		return;
	remove_file(self, "sm/client-b");
	assert_changed(to, "sm");
	scratch_write(self->scratch, "store/sm/client-c", RECORD_A);
	assert_changed(to, "sm");
	overwrite(self, "account");
	assert_changed(to, "account");
	save_as(to, clients, 3, RECOVERY_RECLAIMED);
	remove_file(self, "account");
	assert_changed(to, "account");
}

static void test_kind_is_changed(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(store) to = open_store(self, STORE_CREATE);
	g_autofree char *before = scratch_read(self->scratch, "store/kind");

	save_epoch(to, 3);
	for (int i = 0; i < 2; i++) {
		if (i == 0)
			scratch_write(self->scratch, "store/kind", "files or so\n");
		else
			remove_file(self, "kind");
		g_assert_true(store_check_clients(to));
		g_autoptr(GPtrArray) alarms = store_take_alarms(to);
		g_assert_cmpuint(alarms->len, ==, 1);
		g_assert_nonnull(strstr(g_ptr_array_index(alarms, 0), "'kind' in the store"));
		g_autofree char *after = scratch_read(self->scratch, "store/kind");
		g_assert_cmpstr(after, ==, before);
		assert_unchanged(to);
	}
}

/* Of somebody who isn't in the store. */
static void test_account_of_others(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GPtrArray) others = one_client("other", RECORD_B);
	g_autoptr(store) to = open_store(self, STORE_CREATE);
	g_autoptr(GError) error = NULL;

	put(to, "a", RECORD_A);
	store_save_account(to, 0, others, &error);
	g_assert_no_error(error);
	g_autoptr(GPtrArray) clients = load(to);
	g_assert_cmpuint(clients->len, ==, 1);
}

static void test_group(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GBytes) locks = g_bytes_new_static("fe:00:1 WRITE 0 EOF\n", 20);
	g_autoptr(group_state) state = group_state_new("blue", 1700000000);
	g_autofree char *text = group_state_format(state);
	g_autoptr(store) to = open_store(self, STORE_CREATE);
	g_autoptr(GError) error = NULL;

	g_assert_null(store_load_state(to, &error));
	g_assert_no_error(error);
	g_assert_null(store_load_text(to, STORE_LOCKS_NOTED, &error));
	g_assert_no_error(error);
	g_assert_true(store_save_state(to, state, &error));
	g_assert_true(store_save_text(to, 0, STORE_LOCKS_NOTED, locks, &error));
	g_clear_pointer(&to, store_close);

	g_autoptr(store) again = open_store(self, STORE_WRITE);
	g_autoptr(group_state) found = store_load_state(again, &error);
	g_autofree char *found_text = group_state_format(found);
	g_assert_cmpstr(found_text, ==, text);
	g_autoptr(GBytes) found_locks = store_load_text(again, STORE_LOCKS_NOTED, &error);
	g_assert_true(g_bytes_equal(found_locks, locks));
	g_assert_null(store_load_text(again, STORE_LOCKS_RECORDED, &error));
	g_assert_true(store_save_text(again, 0, STORE_LOCKS_RECORDED, locks, &error));
	g_assert_true(store_save_text(again, 0, STORE_LOCKS_NOTED, NULL, &error));
	g_autoptr(GBytes) recorded = store_load_text(again, STORE_LOCKS_RECORDED, &error);
	g_assert_true(g_bytes_equal(recorded, locks));
	g_assert_null(store_load_text(again, STORE_LOCKS_NOTED, &error));
	g_assert_no_error(error);
}

static void test_one_writer(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(store) first = open_store(self, STORE_CREATE);
	g_autoptr(GError) error = NULL;

	quick_time_start(QUICK_SLEEPS);
	g_assert_null(store_open(self->path, STORE_WRITE, NULL, &error));
	quick_time_stop();
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	g_assert_nonnull(strstr(error->message, "another process"));
}

/* Neither is in the other's way, and what is done is seen at once. */
static void test_reader_beside_writer(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(store) writer = open_store(self, STORE_CREATE);
	g_autoptr(store) reader = NULL;

	for (int i = 0; i < 30; i++) {
		g_autofree char *file = g_strdup_printf("client%d", i);

		put(writer, file, RECORD_A);
		g_clear_pointer(&reader, store_close);
		reader = open_store(self, STORE_READ);
		g_autoptr(GPtrArray) clients = load(reader);
		g_assert_cmpuint(clients->len, ==, i + 1);
	}
}

/* Reading changes nothing in the store's directory, and makes nothing there. */
static void test_reader_leaves_nothing(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(store) to = open_store(self, STORE_CREATE);

	put(to, "a", RECORD_A);
	g_clear_pointer(&to, store_close);
	g_autofree char *before = scratch_list(self->scratch, "store");
	g_autoptr(GPtrArray) clients = load_anew(self, STORE_READ);
	g_autofree char *after = scratch_list(self->scratch, "store");
	g_assert_cmpstr(before, ==, after);
	g_assert_cmpuint(clients->len, ==, 1);
}

/* Everything that has been reported as done is on the disk, names and all. */
static void test_durable(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const struct disk_plan just_watch;
	g_autoptr(group_state) state = group_state_new("blue", 1700000000);
	g_autoptr(GPtrArray) files = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	store *to;

	disk_watch(&just_watch);
	to = open_store(self, STORE_CREATE);
	g_assert_cmpint(disk_unsynced(), ==, 0);
	for (int i = 0; i < 1500; i++) {
		g_autofree char *file = g_strdup_printf("client%d", i * 7919 % 1500);

		put(to, file, RECORD_A);
		g_assert_cmpint(disk_unsynced(), ==, 0);
		if (i % 50 == 49)
			save_account(to);
	}
	g_assert_true(store_save_state(to, state, &error));
	g_assert_cmpint(disk_unsynced(), ==, 0);
	g_ptr_array_add(files, (char *)"client7");
	g_assert_true(store_remove_clients(to, 0, files, &error));
	g_assert_cmpint(disk_unsynced(), ==, 0);
	store_close(to);
	g_assert_cmpint(disk_unsynced(), ==, 0);
	to = open_store(self, STORE_WRITE);
	g_assert_cmpint(disk_unsynced(), ==, 0);
	put(to, "client7", RECORD_B);
	g_assert_cmpint(disk_unsynced(), ==, 0);
	g_assert_cmpint(disk_let_be(), >, 1500);
	store_close(to);
}

/* Each step of recording fails in turn: that is reported, nothing else is lost, and it works again
 * once the disk does. */
static void fail_each_step(fixture *self, int number, bool for_good, bool ahead)
{
	g_autoptr(store) to = open_store(self, STORE_CREATE);
	bool came_so_far = true;

	put(to, "a", RECORD_A);
	put(to, "b", RECORD_A);
	for (int step = 1; came_so_far; step++) {
		struct disk_plan plan = {
			.fail_step = step, .fail_errno = number, .for_good = for_good};
		g_autoptr(GError) error = NULL;
		bool failed;

		put(to, "b", RECORD_A);
		if (ahead)
			save_account(to);
		disk_watch(&plan);
		failed = !try_put(to, "b", RECORD_B, &error);
		/* What it says that it has a power cut doesn't take. */
		g_assert_true(!has(to, "b", RECORD_B) || disk_unsynced() == 0);
		came_so_far = disk_let_be() >= step;
		g_assert_true(came_so_far || !failed);
		/* There may be another way, but not on a disk that takes nothing. */
		g_assert_true(failed || !came_so_far || !for_good);
		if (failed) {
			g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
			g_assert_nonnull(strstr(error->message, self->path));
			g_test_message("%s", error->message);
		} else {
			g_assert_no_error(error);
		}
		g_autoptr(GPtrArray) clients = load(to);
		g_assert_cmpuint(clients->len, ==, 2);
		assert_raw(clients, "a", RECORD_A);
		g_assert_nonnull(find(clients, "b"));
		put(to, "b", RECORD_B);
		g_autoptr(GPtrArray) again = load_anew(self, STORE_READ);
		assert_raw(again, "a", RECORD_A);
		assert_raw(again, "b", RECORD_B);
		g_assert_cmpint(step, <, 50);
	}
}

static void test_failing(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	fail_each_step(self, EIO, false, false);
	fail_each_step(self, EIO, false, true);
}

static void test_full(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	fail_each_step(self, ENOSPC, true, false);
	fail_each_step(self, ENOSPC, true, true);
}

static void test_read_only(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	fail_each_step(self, EROFS, true, false);
	fail_each_step(self, EROFS, true, true);
}

/* A process that dies before the step: whether it did. */
static bool put_and_die(const fixture *self, int step, bool ahead)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct disk_plan plan = {.kill_step = step};
		store *to = open_store(self, STORE_WRITE);

		if (ahead)
			save_account(to);
		disk_watch(&plan);
		put(to, "b", RECORD_B);
		put(to, "c", RECORD_B);
		disk_let_be();
		_exit(0);
	}
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	g_assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : status == 0);
	return WIFSIGNALED(status);
}

/* A process that was killed may not have got to any sync of what it wrote, nor can we tell: so all
 * that records may be in is synced as the store is opened, before anybody relies on one. (An empty
 * log has none.) */
static void assert_all_is_synced(const fixture *self, GPtrArray *read)
{
	g_autoptr(GBytes) written = g_bytes_new_static(RECORD_B, strlen(RECORD_B));
	static const char *const of_files[] = {"", "sm", NULL};
	static const char *const of_sqlite[] = {"", "store.sqlite-wal", "store.sqlite", NULL};

	for (const char *const *name = g_str_equal(self->kind, "files") ? of_files : of_sqlite;
		*name != NULL; name++) {
		if (g_str_has_prefix(*name, "store.sqlite") &&
			!g_bytes_equal(find(read, "b")->raw, written))
			continue;
		g_autofree char *path = g_build_filename(self->path, *name, NULL);

		if (!disk_was_synced(path))
			g_error("'%s' is not synced as the store is opened", path);
	}
}

static void kill_at_each_step(fixture *self, bool ahead)
{
	static const struct disk_plan just_watch;
	bool killed = true;

	for (int step = 1; killed; step++) {
		g_autoptr(store) to = open_store(self, STORE_CREATE);
		g_autoptr(GPtrArray) gone = g_ptr_array_new();

		g_ptr_array_add(gone, (char *)"c");
		g_assert_true(store_remove_clients(to, 0, gone, NULL));
		put(to, "a", RECORD_A);
		put(to, "b", RECORD_A);
		g_clear_pointer(&to, store_close);
		killed = put_and_die(self, step, ahead);

		g_autoptr(GPtrArray) read = load_anew(self, STORE_READ);
		disk_watch(&just_watch);
		to = open_store(self, STORE_WRITE);
		/* What we now take for recorded is on the disk, whoever wrote it. */
		g_assert_cmpint(disk_unsynced(), ==, 0);
		disk_let_be();
		assert_all_is_synced(self, read);
		g_autoptr(GPtrArray) clients = load(to);
		g_assert_cmpuint(read->len, ==, clients->len);
		assert_raw(clients, "a", RECORD_A);
		g_assert_nonnull(find(clients, "b"));
		if (!killed)
			assert_raw(clients, "c", RECORD_B);
		/* In their order. */
		if (find(clients, "c") != NULL)
			assert_raw(clients, "b", RECORD_B);
	}
}

static void test_killed(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	kill_at_each_step(self, false);
	kill_at_each_step(self, true);
}

static void add(const char *name, const char *kind, void (*function)(fixture *, gconstpointer))
{
	g_autofree char *path = g_strdup_printf("/store/%s/%s", kind, name);

	g_test_add(path, fixture, kind, set_up, function, tear_down);
}

int main(int argc, char **argv)
{
	static const char *const kinds[] = {"files", "sqlite"};

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		add("kept", kinds[i], test_kept);
		add("has", kinds[i], test_has);
		add("conveyed", kinds[i], test_conveyed);
		add("identical", kinds[i], test_identical);
		add("removed", kinds[i], test_removed);
		add("account", kinds[i], test_account);
		add("may-have-lost", kinds[i], test_may_have_lost);
		add("answers", kinds[i], test_answers);
		add("own-changes", kinds[i], test_own_changes);
		add("changed", kinds[i], test_changed);
		add("kind-is-changed", kinds[i], test_kind_is_changed);
		add("account-of-others", kinds[i], test_account_of_others);
		add("group", kinds[i], test_group);
		add("one-writer", kinds[i], test_one_writer);
		add("reader-beside-writer", kinds[i], test_reader_beside_writer);
		add("reader-leaves-nothing", kinds[i], test_reader_leaves_nothing);
		add("durable", kinds[i], test_durable);
		add("failing", kinds[i], test_failing);
		add("full", kinds[i], test_full);
		add("read-only", kinds[i], test_read_only);
		add("killed", kinds[i], test_killed);
	}
	return g_test_run();
}
