/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"
#include "disk.h"
#include "quick_time.h"
#include "scratch.h"
#include "store/store.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLIENTS 1000
/* This many clients reach each step of the conversion. More clients only repeat steps. */
#define FEW_CLIENTS 3

typedef struct fixture {
	scratch *scratch;
	const char *path;
	const char *old_kind, *new_kind;
} fixture;

static void set_up(fixture *self, gconstpointer data)
{
	self->scratch = scratch_new();
	self->path = scratch_path(self->scratch, "store");
	self->old_kind = data;
	self->new_kind = g_str_equal(self->old_kind, "files") ? "sqlite" : "files";
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	disk_let_be();
	scratch_free(self->scratch);
}

static client *make_client(guint number)
{
	g_autofree char *file = g_strdup_printf("client%u", number);
	g_autofree char *mon_name = g_strdup_printf("10.99.%u.%u", number / 256, number % 256);
	char *line = g_strdup_printf(SCRATCH_RECORD("%s"), mon_name);
	/* Some files have two lines. */
	char *text =
		number % 3 == 0 ? g_strconcat(line, SCRATCH_RECORD("other"), NULL) : g_strdup(line);
	g_autoptr(GBytes) raw = g_bytes_new_take(text, strlen(text));
	client *entry = client_new(file, raw, mon_name, "node1");

	g_free(line);
	entry->first_recorded = number;
	entry->last_seen = 2 * number;
	/* There is always a client that may have lost locks. */
	entry->recovery = (enum recovery)((number + RECOVERY_MAY_HAVE_LOST) % RECOVERY_COUNT);
	return entry;
}

static GPtrArray *make_clients(guint count)
{
	GPtrArray *clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);

	for (guint i = 0; i < count; i++) {
		client *entry = make_client(i);

		g_ptr_array_add(clients, entry);
		/* The second client of its file: the account is one for both. */
		if (i % 3 == 0) {
			client *other = client_new(entry->file, NULL, "other", "node1");

			other->first_recorded = entry->first_recorded;
			other->last_seen = entry->last_seen;
			other->recovery = entry->recovery;
			g_ptr_array_add(clients, other);
		}
	}
	g_ptr_array_sort(clients, client_compare_files);
	return clients;
}

static void make_store(const fixture *self, guint count)
{
	g_autoptr(GBytes) locks = g_bytes_new_static("fe:00:1 WRITE 0 EOF\n", 20);
	g_autoptr(group_state) state = group_state_new("blue", 1700000000);
	g_autoptr(GPtrArray) clients = make_clients(count);
	g_autoptr(GError) error = NULL;
	g_autoptr(store) made = store_open(self->path, STORE_CREATE, self->old_kind, &error);

	g_assert_no_error(error);
	g_assert_true(store_put_clients(made, clients, &error));
	g_assert_true(store_save_account(made, 0, clients, &error));
	g_assert_true(store_save_state(made, state, &error));
	g_assert_true(store_save_text(made, 0, STORE_LOCKS_NOTED, locks, &error));
	g_autoptr(GBytes) recorded = g_bytes_new_static("recorded", 8);
	g_assert_true(store_save_text(made, 0, STORE_LOCKS_RECORDED, recorded, &error));
}

static void assert_whole_store(store *from, guint count)
{
	g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) expected = make_clients(count);
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) clients = store_load_clients(from, STORE_WITH_RAW, problems, &error);
	g_autoptr(group_state) state = store_load_state(from, &error);
	g_autoptr(GBytes) locks = store_load_text(from, STORE_LOCKS_NOTED, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(problems->len, ==, 0);
	g_assert_cmpuint(clients->len, ==, expected->len);
	for (guint i = 0; i < expected->len; i++) {
		const client *a = g_ptr_array_index(clients, i);
		const client *b = g_ptr_array_index(expected, i);

		g_assert_cmpstr(a->file, ==, b->file);
		g_assert_true(a->raw == NULL || b->raw == NULL ? a->raw == b->raw
							       : g_bytes_equal(a->raw, b->raw));
		g_assert_cmpstr(a->mon_name, ==, b->mon_name);
		g_assert_cmpint(a->first_recorded, ==, b->first_recorded);
		g_assert_cmpint(a->last_seen, ==, b->last_seen);
		g_assert_cmpint(a->recovery, ==, b->recovery);
	}
	g_assert_cmpstr(state->group, ==, "blue");
	g_assert_cmpuint(g_bytes_get_size(locks), ==, 20);
	g_autoptr(GBytes) recorded = store_load_text(from, STORE_LOCKS_RECORDED, &error);
	g_assert_cmpuint(g_bytes_get_size(recorded), ==, 8);
}

/* Opens the store for reading and for writing, and checks that it is complete. */
static void assert_whole(const fixture *self, guint count)
{
	for (enum store_mode mode = STORE_READ; mode <= STORE_WRITE; mode++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(store) from = store_open(self->path, mode, NULL, &error);

		g_assert_no_error(error);
		assert_whole_store(from, count);
	}
}

static bool convert(const fixture *self, const char *kind, GError **error)
{
	g_autoptr(store) in = store_open(self->path, STORE_WRITE, NULL, error);

	return in != NULL && store_convert(in, kind, error);
}

/* Nothing of the other kind and no temporary file may be left. */
static void assert_tidy(const fixture *self, const char *kind)
{
	g_autofree char *names = scratch_list(self->scratch, "store");

	if (g_str_equal(kind, "files"))
		g_assert_cmpstr(names, ==,
			".lock account kind locks locks.recorded may_have_lost sm state ");
	else
		g_assert_cmpstr(names, ==,
			".lock kind locks locks.recorded may_have_lost state store.sqlite store.sqlite-wal ");
}

static void test_there_and_back(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const struct disk_plan just_watch;
	g_autoptr(GError) error = NULL;

	make_store(self, CLIENTS);
	disk_watch(&just_watch);
	convert(self, self->new_kind, &error);
	g_assert_no_error(error);
	g_assert_cmpint(disk_unsynced(), ==, 0);
	disk_let_be();
	assert_tidy(self, self->new_kind);
	assert_whole(self, CLIENTS);
	convert(self, self->old_kind, &error);
	g_assert_no_error(error);
	assert_tidy(self, self->old_kind);
	assert_whole(self, CLIENTS);
}

/* The open store can be used at once as the new kind. */
static void test_stays_open(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GPtrArray) more = make_clients(FEW_CLIENTS + 1);
	g_autoptr(GError) error = NULL;

	make_store(self, FEW_CLIENTS);
	g_autoptr(store) in = store_open(self->path, STORE_WRITE, NULL, &error);
	g_assert_true(store_convert(in, self->new_kind, &error));
	g_assert_cmpstr(store_backend(in), ==, self->new_kind);
	assert_whole_store(in, FEW_CLIENTS);
	g_assert_true(store_put_clients(in, more, &error));
	g_assert_true(store_save_account(in, 0, more, &error));
	g_assert_no_error(error);
	g_clear_pointer(&in, store_close);
	assert_whole(self, FEW_CLIENTS + 1);
}

static void test_same_kind(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	make_store(self, FEW_CLIENTS);
	convert(self, self->old_kind, &error);
	g_assert_no_error(error);
	assert_tidy(self, self->old_kind);
	assert_whole(self, FEW_CLIENTS);
}

static void test_empty(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	store_close(store_open(self->path, STORE_CREATE, self->old_kind, NULL));
	convert(self, self->new_kind, &error);
	g_assert_no_error(error);
	g_autoptr(store) from = store_open(self->path, STORE_READ, self->new_kind, &error);
	g_autoptr(GPtrArray) clients = store_load_clients(from, STORE_WITH_RAW, NULL, &error);
	g_assert_cmpuint(clients->len, ==, 0);
	g_assert_null(store_load_state(from, &error));
	g_assert_null(store_load_text(from, STORE_LOCKS_NOTED, &error));
	g_assert_no_error(error);
}

static void test_refused(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	make_store(self, FEW_CLIENTS);
	g_assert_false(convert(self, "papyrus", &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_ARGUMENT);
	g_clear_error(&error);
	/* The group is being served. */
	g_autoptr(store) serving = store_open(self->path, STORE_WRITE, NULL, NULL);
	quick_time_start(QUICK_SLEEPS);
	g_assert_false(convert(self, self->new_kind, &error));
	quick_time_stop();
	g_assert_nonnull(strstr(error->message, "another process"));
	g_clear_pointer(&serving, store_close);
	assert_whole(self, FEW_CLIENTS);
}

/* If a record cannot be converted, nothing is converted. */
static void test_damaged(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	if (!g_str_equal(self->old_kind, "files"))
		return;
	make_store(self, FEW_CLIENTS);
	scratch_write(self->scratch, "store/sm/damaged", "0100007f 0001");
	g_assert_false(convert(self, self->new_kind, &error));
	g_assert_nonnull(strstr(error->message, "'damaged'"));
	g_assert_true(scratch_has(self->scratch, "store/sm/damaged"));
	g_assert_false(scratch_has(self->scratch, "store/store.sqlite"));
	scratch_remove(self->scratch, "store/sm/damaged");
	assert_whole(self, FEW_CLIENTS);
}

/* The files that convert makes exist already, from an earlier run. */
static void test_leftovers(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	make_store(self, FEW_CLIENTS);
	if (g_str_equal(self->new_kind, "files")) {
		scratch_write(self->scratch, "store/sm/stale", SCRATCH_RECORD("stale"));
		scratch_write(self->scratch, "store/sm/.new-stale", "0100");
		scratch_write(self->scratch, "store/account", "rubbish");
	} else {
		scratch_write(self->scratch, "store/store.sqlite", "rubbish");
		scratch_write(self->scratch, "store/store.sqlite-wal", "rubbish");
		scratch_write(self->scratch, "store/store.sqlite-shm", "rubbish");
		scratch_write(self->scratch, "store/store.sqlite-journal", "rubbish");
	}
	assert_whole(self, FEW_CLIENTS);
	convert(self, self->new_kind, &error);
	g_assert_no_error(error);
	assert_tidy(self, self->new_kind);
	assert_whole(self, FEW_CLIENTS);
}

/* Converts in a process that dies before the step. Returns whether it died. */
static bool convert_and_die(const fixture *self, int step)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct disk_plan plan = {.kill_step = step};
		store *in = store_open(self->path, STORE_WRITE, NULL, NULL);

		disk_watch(&plan);
		if (in == NULL || !store_convert(in, self->new_kind, NULL))
			_exit(1);
		disk_let_be();
		_exit(0);
	}
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	g_assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : status == 0);
	return WIFSIGNALED(status);
}

static void begin_anew(fixture *self, guint count)
{
	g_autoptr(GError) error = NULL;

	if (scratch_has(self->scratch, "store/kind"))
		convert(self, self->old_kind, &error);
	else
		make_store(self, count);
	g_assert_no_error(error);
}

/* A crash at each step: nothing is lost, the next run completes the conversion, and nothing is left
 * over. */
static void test_killed(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	bool killed = true, was_old = false, was_new = false;

	for (int step = 1; killed; step++) {
		g_autofree char *kind = NULL;
		g_autoptr(GError) error = NULL;

		begin_anew(self, FEW_CLIENTS);
		killed = convert_and_die(self, step);
		kind = scratch_read(self->scratch, "store/kind");
		was_old = was_old || (killed && g_str_has_prefix(kind, self->old_kind));
		was_new = was_new || (killed && g_str_has_prefix(kind, self->new_kind));
		assert_whole(self, FEW_CLIENTS);
		convert(self, self->new_kind, &error);
		g_assert_no_error(error);
		assert_tidy(self, self->new_kind);
		assert_whole(self, FEW_CLIENTS);
	}
	g_assert_true(was_old && was_new);
}

/* The same with many, at some of the steps. */
static void test_killed_with_many(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	bool killed = true;

	for (int step = 5; killed; step *= 8) {
		g_autoptr(GError) error = NULL;

		begin_anew(self, CLIENTS);
		killed = convert_and_die(self, step);
		assert_whole(self, CLIENTS);
		convert(self, self->new_kind, &error);
		g_assert_no_error(error);
		assert_tidy(self, self->new_kind);
		assert_whole(self, CLIENTS);
	}
}

static void test_failing(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	bool failed = true;

	for (int step = 1; failed; step++) {
		struct disk_plan plan = {.fail_step = step, .fail_errno = ENOSPC};
		g_autoptr(GError) error = NULL;
		store *in;

		begin_anew(self, FEW_CLIENTS);
		in = store_open(self->path, STORE_WRITE, NULL, NULL);
		disk_watch(&plan);
		failed = !store_convert(in, self->new_kind, &error);
		/* A failure need not matter at every step, for example when a temporary file is
		 * removed. */
		failed = disk_let_be() >= step || failed;
		store_close(in);
		if (error != NULL) {
			g_test_message("%s", error->message);
			g_assert_nonnull(strstr(error->message, self->path));
			g_clear_error(&error);
		}
		assert_whole(self, FEW_CLIENTS);
		convert(self, self->new_kind, &error);
		g_assert_no_error(error);
		assert_tidy(self, self->new_kind);
		assert_whole(self, FEW_CLIENTS);
	}
}

static void add(const char *name, const char *from, void (*function)(fixture *, gconstpointer))
{
	g_autofree char *path = g_strdup_printf("/convert/from-%s/%s", from, name);

	g_test_add(path, fixture, from, set_up, function, tear_down);
}

int main(int argc, char **argv)
{
	static const char *const kinds[] = {"files", "sqlite"};

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		add("there-and-back", kinds[i], test_there_and_back);
		add("stays-open", kinds[i], test_stays_open);
		add("same-kind", kinds[i], test_same_kind);
		add("empty", kinds[i], test_empty);
		add("refused", kinds[i], test_refused);
		add("damaged", kinds[i], test_damaged);
		add("leftovers", kinds[i], test_leftovers);
		add("killed", kinds[i], test_killed);
		add("killed-with-many", kinds[i], test_killed_with_many);
		add("failing", kinds[i], test_failing);
	}
	return g_test_run();
}
