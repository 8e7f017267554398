/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The same tests for every kind of store. Tests for one kind only are in test_store (files) and
 * test_sqlite. */

#include "base/error.h"
#include "group/address_bits.h"
#include "nsm/record.h"
#include "quick_time.h"
#include "store/convey.h"
#include "store_fixture.h"

#include <string.h>

static void test_kept(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
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

		/* The two records in one file are two clients. */
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

static void test_has(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
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

/* More records than are conveyed at once; one of them left the store in the meantime. */
static void test_conveyed(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
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

		/* The line that statd wrote for another client stays in its file. */
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

/* Everything that statd wrote is returned byte for byte. */
static void test_identical(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
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

		/* The first client of a file has its raw text. */
		if (entry->raw == NULL)
			continue;
		files++;
		assert_raw(clients, entry->file, g_hash_table_lookup(texts, entry->file));
	}
	g_assert_cmpuint(files, ==, g_hash_table_size(texts));
}

/* The longest file that statd can write: each line is a client with the same reverse name. */
static char *longest_record(guint *count)
{
	GString *text = g_string_new(NULL);

	for (*count = 0;; (*count)++) {
		g_autofree char *line =
			g_strdup_printf(SCRATCH_RECORD("10.99.%u.%u"), *count / 256, *count % 256);

		if (text->len + strlen(line) > SM_FILE_MAX_BYTES)
			return g_string_free(text, FALSE);
		g_string_append(text, line);
	}
}

static void test_longest(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(store) to = open_store(self, STORE_CREATE);
	guint count;
	g_autofree char *text = longest_record(&count);

	g_assert_cmpuint(count, >, 40000);
	put(to, "clients.example.com", RECORD_A);
	put(to, "clients.example.com", text);
	g_assert_true(has(to, "clients.example.com", text));
	g_autoptr(GPtrArray) clients = load(to);
	save_as(to, clients, 0, RECOVERY_TOLD);
	g_clear_pointer(&to, store_close);
	g_autoptr(GPtrArray) read = load_anew(self, STORE_READ);
	g_assert_cmpuint(read->len, ==, count);
	assert_raw(read, "clients.example.com", text);
	g_assert_cmpint(((client *)read->pdata[count - 1])->recovery, ==, RECOVERY_TOLD);
	to = open_store(self, STORE_WRITE);
	g_assert_true(has(to, "clients.example.com", text));
}

static void test_removed(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
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

static void test_account(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
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
	/* Writing a record again does not change the account. */
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

/* An earlier version does not know `may_have_lost`, and finds a word that it knows, the worse of
 * the two. This version finds the same word if the text beside the account is missing, or belongs
 * to an earlier recovery. */
static void test_may_have_lost(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(store) to = open_store(self, STORE_CREATE);

	put(to, "a", RECORD_A);
	put(to, "b", RECORD_B);
	g_autoptr(GPtrArray) clients = load(to);
	save_epoch(to, 3);
	save_as(to, clients, 3, RECOVERY_MAY_HAVE_LOST);
	assert_recovery(to, "a", RECOVERY_MAY_HAVE_LOST);
	/* Now another client is lost, and one is back. */
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
	/* Another program removed the text: it is written again. */
	save_as(to, clients, 4, RECOVERY_MAY_HAVE_LOST);
	assert_recovery(to, "b", RECOVERY_MAY_HAVE_LOST);
}

/* Of two clients of one file one is lost: neither passes for the other in the next process. */
static void test_lost_in_a_shared_file(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const enum recovery recoveries[] = {RECOVERY_ACKNOWLEDGED, RECOVERY_LOST};
	g_autoptr(store) to = open_store(self, STORE_CREATE);

	put(to, "a", RECORD_A RECORD_B);
	save_epoch(to, 3);
	for (guint turn = 0; turn < 2; turn++) {
		g_autoptr(GPtrArray) clients = load(to);
		g_autoptr(GPtrArray) again = NULL;

		g_assert_cmpuint(clients->len, ==, 2);
		for (guint i = 0; i < 2; i++)
			((client *)g_ptr_array_index(clients, i))->recovery =
				recoveries[(turn + i) % 2];
		g_assert_true(store_save_account(to, 3, clients, NULL));
		again = load(to);
		for (guint i = 0; i < 2; i++)
			g_assert_cmpint(((client *)g_ptr_array_index(again, i))->recovery, ==,
				recoveries[(turn + i) % 2]);
	}
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

static void assert_answered(const store_fixture *self, address_set a, bool b_asked)
{
	g_autoptr(GPtrArray) clients = load_anew(self, STORE_READ);

	g_assert_cmpuint(find(clients, "a")->answered, ==, a);
	g_assert_true(find(clients, "b")->asked == b_asked);
	g_assert_cmpint(find(clients, "b")->recovery, ==, RECOVERY_TOLD);
}

/* Which clients answered at some of the addresses, and which asked before they were told. This is
 * kept for as long as the same recovery runs. */
static void test_answers(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
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
	/* The recovery goes on. */
	a->answered |= address_bit("192.0.2.20");
	save_as(to, clients, 3, RECOVERY_RECLAIMED);
	assert_answered(self, a->answered, true);
	/* The next recovery. */
	save_number(to, 9, true);
	assert_answered(self, 0, false);
}

/* The account names a client that is not in the store. */
static void test_account_of_others(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
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

static void test_group(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
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

static void test_one_writer(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(store) first = open_store(self, STORE_CREATE);
	g_autoptr(GError) error = NULL;

	quick_time_start(QUICK_SLEEPS);
	g_assert_null(store_open(self->path, STORE_WRITE, NULL, &error));
	quick_time_stop();
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	g_assert_nonnull(strstr(error->message, "another process"));
}

/* Reader and writer do not block each other, and each change is visible at once. */
static void test_reader_beside_writer(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
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

/* Reading does not change the store's directory, and leaves nothing there. */
static void test_reader_leaves_nothing(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
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

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	store_add_each("kept", test_kept);
	store_add_each("has", test_has);
	store_add_each("conveyed", test_conveyed);
	store_add_each("identical", test_identical);
	store_add_each("longest", test_longest);
	store_add_each("removed", test_removed);
	store_add_each("account", test_account);
	store_add_each("may-have-lost", test_may_have_lost);
	store_add_each("lost-in-a-shared-file", test_lost_in_a_shared_file);
	store_add_each("answers", test_answers);
	store_add_each("account-of-others", test_account_of_others);
	store_add_each("group", test_group);
	store_add_each("one-writer", test_one_writer);
	store_add_each("reader-beside-writer", test_reader_beside_writer);
	store_add_each("reader-leaves-nothing", test_reader_leaves_nothing);
	return g_test_run();
}
