/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"
#include "nsm/record.h"
#include "quick_time.h"
#include "store_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_create(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(store) made = open_store(self, STORE_CREATE);
	g_autoptr(GError) error = NULL;
	g_autofree char *kind = scratch_read(self->scratch, "store/kind");
	struct stat status;

	g_assert_cmpstr(kind, ==, "files\n");
	g_assert_cmpstr(store_path(made), ==, self->path);
	g_assert_cmpint(stat(self->path, &status), ==, 0);
	g_assert_cmpuint(status.st_mode & 0777, ==, 0700);
	g_assert_true(store_device(made) == status.st_dev);
	g_assert_null(store_load_state(made, &error));
	g_assert_no_error(error);
	g_assert_null(store_load_text(made, STORE_LOCKS_NOTED, &error));
	g_assert_no_error(error);
	g_autoptr(GPtrArray) clients = load(made);
	g_assert_cmpuint(clients->len, ==, 0);
}

static void test_not_there(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const char *deep = scratch_path(self->scratch, "no/such/store");
	const char *file = scratch_path(self->scratch, "file");
	const char *folder = scratch_mkdir(self->scratch, "folder");

	assert_refused(self->path, STORE_READ, NULL, LF_ERROR_NOT_INSTALLED, "there is no store");
	assert_refused(self->path, STORE_WRITE, NULL, LF_ERROR_NOT_INSTALLED, "mount the group's");
	assert_refused(folder, STORE_READ, NULL, LF_ERROR_NOT_INSTALLED, "holds no store");
	assert_refused(folder, STORE_WRITE, NULL, LF_ERROR_NOT_INSTALLED, "holds no store");
	/* If the filesystem is not mounted, nothing is left on its mount point. */
	g_autofree char *left = scratch_list(self->scratch, "folder");
	g_assert_cmpstr(left, ==, "");

	g_autoptr(GError) error = NULL;
	g_assert_null(store_open(deep, STORE_CREATE, NULL, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED);
	assert_says(error, "no/such'");
	scratch_write(self->scratch, "file", "");
	assert_refused(file, STORE_READ, NULL, LF_ERROR_ARGUMENT, "cannot open");
	assert_refused(file, STORE_CREATE, NULL, LF_ERROR_ARGUMENT, "cannot open");
	assert_refused("relative", STORE_READ, NULL, LF_ERROR_ARGUMENT, "absolute");
	assert_refused("relative", STORE_CREATE, NULL, LF_ERROR_ARGUMENT, "absolute");
	assert_refused("", STORE_CREATE, NULL, LF_ERROR_ARGUMENT, "absolute");
}

static void test_kind(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	assert_refused(self->path, STORE_CREATE, "papyrus", LF_ERROR_ARGUMENT, "papyrus");
	store_close(store_open(self->path, STORE_CREATE, "files", NULL));
	assert_refused(self->path, STORE_CREATE, "sqlite", LF_ERROR_ARGUMENT, "of kind 'files'");
	scratch_write(self->scratch, "store/kind", "mainframe\n");
	assert_refused(self->path, STORE_READ, NULL, LF_ERROR_ARGUMENT, "'mainframe'");
	assert_refused(self->path, STORE_CREATE, NULL, LF_ERROR_ARGUMENT, "'mainframe'");
	scratch_write(self->scratch, "store/kind", "");
	assert_refused(self->path, STORE_READ, NULL, LF_ERROR_ARGUMENT, "kind");
	scratch_remove(self->scratch, "store/kind");
	g_assert_cmpint(symlink("/etc/passwd", scratch_path(self->scratch, "store/kind")), ==, 0);
	assert_refused(self->path, STORE_READ, NULL, LF_ERROR_FAILED, "kind");
}

/* A crash while the store was made leaves no store, or one that can be completed. */
static void test_half_made(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	scratch_mkdir(self->scratch, "store/sm");
	scratch_write(self->scratch, "store/.lock", "");
	scratch_write(self->scratch, "store/.new-1234", "fil");
	assert_refused(self->path, STORE_READ, NULL, LF_ERROR_NOT_INSTALLED, "holds no store");

	g_autoptr(store) made = open_store(self, STORE_CREATE);
	put(made, "client", RECORD_A);
	g_autoptr(GPtrArray) clients = load(made);
	g_assert_cmpuint(clients->len, ==, 1);
}

static void test_one_writer(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(store) first = open_store(self, STORE_CREATE);

	quick_time_start(QUICK_SLEEPS);
	assert_refused(self->path, STORE_WRITE, NULL, LF_ERROR_FAILED, "another process");
	assert_refused(self->path, STORE_CREATE, NULL, LF_ERROR_FAILED, "another process");
	quick_time_stop();
	/* Readers do not block writers, and are not blocked. */
	put(first, "client", RECORD_A);
	g_autoptr(store) reader = open_store(self, STORE_READ);
	g_autoptr(GPtrArray) clients = load(reader);
	g_assert_cmpuint(clients->len, ==, 1);
	g_clear_pointer(&first, store_close);
	g_autoptr(store) second = open_store(self, STORE_WRITE);
}

static void *kill_soon(void *child)
{
	g_usleep(200000);
	g_assert_cmpint(kill(GPOINTER_TO_INT(child), SIGKILL), ==, 0);
	return NULL;
}

/* The lock ends with its process, however that ends. A moment later is soon enough. */
static void test_writer_killed(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	int pipe_fds[2];
	pid_t child;
	char byte;
	GThread *killer;

	store_close(open_store(self, STORE_CREATE));
	g_assert_cmpint(pipe(pipe_fds), ==, 0);
	child = fork();
	if (child == 0) {
		store *held = store_open(self->path, STORE_WRITE, NULL, NULL);

		(void)!write(pipe_fds[1], held != NULL ? "y" : "n", 1);
		for (;;)
			pause();
	}
	g_assert_cmpint(read(pipe_fds[0], &byte, 1), ==, 1);
	g_assert_cmpint(byte, ==, 'y');
	quick_time_start(QUICK_SLEEPS);
	assert_refused(self->path, STORE_WRITE, NULL, LF_ERROR_FAILED, "another process");
	quick_time_stop();
	killer = g_thread_new("killer", kill_soon, GINT_TO_POINTER(child));
	g_autoptr(store) held = open_store(self, STORE_WRITE);
	g_thread_join(killer);
	g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

static void test_put(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *longest = g_strnfill(SM_NAME_MAX_BYTES, 'x');
	g_autofree char *longest_path = g_build_filename("store/sm", longest, NULL);
	g_autofree char *text = NULL;
	g_autoptr(store) to = open_store(self, STORE_CREATE);

	put(to, "client", RECORD_A);
	put(to, longest, RECORD_B RECORD_B);
	text = scratch_read(self->scratch, longest_path);
	g_assert_cmpstr(text, ==, RECORD_B RECORD_B);
	g_autoptr(GPtrArray) clients = load(to);
	g_assert_cmpuint(clients->len, ==, 2);
	assert_raw(clients, "client", RECORD_A);
	/* The names come from the record, not from the caller. */
	g_assert_cmpstr(find(clients, "client")->mon_name, ==, "10.99.0.21");
	g_assert_cmpstr(find(clients, "client")->my_name, ==, "node1");
	g_assert_cmpstr(find(clients, longest)->mon_name, ==, "10.99.0.22");
	assert_raw(clients, longest, RECORD_B RECORD_B);

	put(to, "client", RECORD_B);
	g_autoptr(GPtrArray) again = load(to);
	g_assert_cmpuint(again->len, ==, 2);
	assert_raw(again, "client", RECORD_B);
	g_autofree char *names = scratch_list(self->scratch, "store/sm");
	g_autofree char *expected = g_strdup_printf("client %s ", longest);
	g_assert_cmpstr(names, ==, expected);
}

static void test_put_refused(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const names[] = {"", ".", "..", "../state", "a/b", ".hidden", "a b"};
	g_autoptr(GBytes) raw = g_bytes_new_static(RECORD_A, strlen(RECORD_A));
	g_autoptr(store) to = open_store(self, STORE_CREATE);

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(GPtrArray) clients =
			g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
		g_autoptr(GError) error = NULL;

		g_ptr_array_add(clients, client_new(names[i], raw, "", ""));
		g_assert_false(store_put_clients(to, clients, &error));
		g_assert_error(error, LF_ERROR, LF_ERROR_ARGUMENT);
		assert_says(error, self->path);
	}
	g_assert_false(scratch_has(self->scratch, "store/state"));
}

static void test_remove(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GPtrArray) files = g_ptr_array_new();
	g_autoptr(store) to = open_store(self, STORE_CREATE);
	g_autoptr(GError) error = NULL;

	put(to, "a", RECORD_A);
	put(to, "b", RECORD_B);
	scratch_write(self->scratch, "store/state", "whatever");
	g_ptr_array_add(files, (char *)"a");
	g_ptr_array_add(files, (char *)"never-there");
	g_ptr_array_add(files, (char *)"../state");
	g_assert_true(store_remove_clients(to, 0, files, &error));
	g_assert_no_error(error);
	g_autoptr(GPtrArray) left = load(to);
	g_assert_cmpuint(left->len, ==, 1);
	g_assert_nonnull(find(left, "b"));
	g_assert_true(scratch_has(self->scratch, "store/state"));
}

static void test_account(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(store) to = open_store(self, STORE_CREATE);
	g_autoptr(GError) error = NULL;

	put(to, "b", RECORD_B);
	put(to, "a", RECORD_A);
	g_autoptr(GPtrArray) clients = load(to);
	for (guint i = 0; i < clients->len; i++) {
		client *entry = g_ptr_array_index(clients, i);

		entry->first_recorded = 100 + i;
		entry->last_seen = 200 + i;
		entry->recovery = RECOVERY_TOLD;
	}
	g_assert_true(store_save_account(to, 0, clients, &error));
	g_assert_no_error(error);
	put(to, "c", RECORD_A);
	g_autoptr(GPtrArray) again = load(to);
	g_assert_cmpuint(again->len, ==, 3);
	g_assert_cmpint(find(again, "a")->first_recorded, ==, 100);
	g_assert_cmpint(find(again, "b")->last_seen, ==, 201);
	g_assert_cmpint(find(again, "b")->recovery, ==, RECOVERY_TOLD);
	g_assert_cmpint(find(again, "c")->recovery, ==, RECOVERY_RECORDED);
}

/* The records are read in spite of a damaged account. */
static void test_damaged_account(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const texts[] = {"", "rubbish\n", "lockferry account 9\n",
		"lockferry account 1\nclient 1", "lockferry account 1\nclient 1 2 told\nrubbish\n"};
	g_autoptr(store) to = open_store(self, STORE_CREATE);

	put(to, "client", RECORD_A);
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		scratch_write(self->scratch, "store/account", texts[i]);
		g_autoptr(GPtrArray) clients = load_with_problems(to, 1);
		g_assert_cmpuint(clients->len, ==, 1);
		assert_raw(clients, "client", RECORD_A);
	}
	scratch_remove(self->scratch, "store/account");
	scratch_mkdir(self->scratch, "store/account");
	g_autoptr(GPtrArray) clients = load_with_problems(to, 1);
	g_assert_cmpuint(clients->len, ==, 1);
}

static void test_hostile(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	scratch *dir = self->scratch;
	g_autoptr(store) to = open_store(self, STORE_CREATE);

	put(to, "good", RECORD_A);
	g_assert_cmpint(symlink("good", scratch_path(dir, "store/sm/link")), ==, 0);
	g_assert_cmpint(mkfifo(scratch_path(dir, "store/sm/fifo"), 0600), ==, 0);
	scratch_mkdir(dir, "store/sm/folder");
	scratch_write(dir, "store/sm/with blank", RECORD_A);
	scratch_write(dir, "store/sm/\xff\xfe", RECORD_A);
	scratch_write(dir, "store/sm/cut-off", "0100007f 000186b5");
	scratch_write(dir, "store/sm/empty", "");
	scratch_write_bytes(dir, "store/sm/binary", "\0\1\2\n", 4);
	/* Files that a crash left are ignored. */
	scratch_write(dir, "store/sm/.new-0123", "0100007f");
	scratch_write(dir, "store/sm/.good.new", RECORD_B);
	g_autoptr(GPtrArray) clients = load_with_problems(to, 8);
	g_assert_cmpuint(clients->len, ==, 1);
	assert_raw(clients, "good", RECORD_A);
	g_autoptr(GPtrArray) without_problems = store_load_clients(to, STORE_WITH_RAW, NULL, NULL);
	g_assert_cmpuint(without_problems->len, ==, 1);
}

/* If one record cannot be stored, because something else has its name, the others are stored. */
static void test_put_beside_hostile(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GBytes) raw = g_bytes_new_static(RECORD_A, strlen(RECORD_A));
	g_autoptr(GPtrArray) clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
	g_autoptr(store) to = open_store(self, STORE_CREATE);
	g_autoptr(GError) error = NULL;

	scratch_mkdir(self->scratch, "store/sm/b");
	for (const char *const *name = (const char *const[]){"a", "b", "c", NULL}; *name; name++)
		g_ptr_array_add(clients, client_new(*name, raw, "", ""));
	g_assert_false(store_put_clients(to, clients, &error));
	assert_says(error, "'b'");
	g_autoptr(GPtrArray) stored = load_with_problems(to, 1);
	g_assert_cmpuint(stored->len, ==, 2);
	g_assert_nonnull(find(stored, "a"));
	g_assert_nonnull(find(stored, "c"));
	g_autofree char *names = scratch_list(self->scratch, "store/sm");
	g_assert_cmpstr(names, ==, "a b c ");
}

static void test_state(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(group_state) state = group_state_new("files", 1700000000);
	g_autoptr(store) to = open_store(self, STORE_CREATE);
	g_autoptr(GError) error = NULL;

	g_assert_true(store_save_state(to, state, &error));
	g_autoptr(group_state) again = store_load_state(to, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(again->group, ==, "files");
	g_assert_cmpint(again->state_number, ==, state->state_number);

	scratch_write(self->scratch, "store/state", "[group]\nformat=2\n");
	g_assert_null(store_load_state(to, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED);
	assert_says(error, self->path);
	g_clear_error(&error);
	scratch_write(self->scratch, "store/state", "[gro");
	g_assert_null(store_load_state(to, &error));
	assert_says(error, "'state'");
	assert_says(error, self->path);
	g_clear_error(&error);
	scratch_remove(self->scratch, "store/state");
	g_assert_cmpint(mkfifo(scratch_path(self->scratch, "store/state"), 0600), ==, 0);
	g_assert_null(store_load_state(to, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
}

static void test_locks(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GBytes) locks = g_bytes_new_static("fe:00:1 WRITE 0 EOF\n", 20);
	g_autoptr(store) to = open_store(self, STORE_CREATE);
	g_autoptr(GError) error = NULL;

	g_assert_true(store_save_text(to, 0, STORE_LOCKS_NOTED, locks, &error));
	g_autoptr(GBytes) again = store_load_text(to, STORE_LOCKS_NOTED, &error);
	g_assert_no_error(error);
	g_assert_true(g_bytes_equal(again, locks));
	g_assert_true(store_save_text(to, 0, STORE_LOCKS_NOTED, NULL, &error));
	g_assert_true(store_save_text(to, 0, STORE_LOCKS_NOTED, NULL, &error));
	g_assert_null(store_load_text(to, STORE_LOCKS_NOTED, &error));
	g_assert_no_error(error);
}

static void test_moved_away(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(store) to = open_store(self, STORE_CREATE);
	const char *elsewhere = scratch_path(self->scratch, "elsewhere");
	g_autoptr(GError) error = NULL;

	g_assert_true(store_check_place(to, &error));
	g_assert_cmpint(rename(self->path, elsewhere), ==, 0);
	g_assert_false(store_check_place(to, &error));
	assert_says(error, self->path);
	/* Another directory in its place is not the store. */
	scratch_mkdir(self->scratch, "store");
	g_assert_false(store_check_place(to, NULL));
	scratch_remove(self->scratch, "store");
	g_assert_cmpint(rename(elsewhere, self->path), ==, 0);
	g_assert_true(store_check_place(to, NULL));
}

/* Whoever removes the outer one would remove both. */
static void test_inside_another(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const char *inner = scratch_path(self->scratch, "store/sm/inner");
	const char *deep = scratch_path(self->scratch, "store/a/b");

	store_close(open_store(self, STORE_CREATE));
	g_assert_null(store_find_above(self->path));
	assert_refused(inner, STORE_CREATE, NULL, LF_ERROR_ARGUMENT, "inside the store");
	g_assert_false(scratch_has(self->scratch, "store/sm/inner"));
	scratch_mkdir(self->scratch, "store/a/b");
	assert_refused(deep, STORE_CREATE, "sqlite", LF_ERROR_ARGUMENT, self->path);
	/* One that is there already is served: 'lockferry check' says so. */
	scratch_write(self->scratch, "store/a/b/kind", "files\n");
	scratch_mkdir(self->scratch, "store/a/b/sm");
	store_close(store_open(deep, STORE_CREATE, NULL, NULL));
	g_autofree char *above = store_find_above(deep);
	g_assert_cmpstr(above, ==, self->path);
	/* A file of that name alone makes no store. */
	scratch_write(self->scratch, "store/kind", "of wood\n");
	g_assert_null(store_find_above(deep));
}

/* A directory with the data of a store but without its kind is not a new store. */
static void test_kind_is_missing(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const names[] = {"state", "account", "locks", "locks.recorded",
		"connections", "answers", "recoveries", "sm/10.99.0.21"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *name = g_build_filename("store", names[i], NULL);
		g_autofree char *after = NULL;

		scratch_write(self->scratch, name, RECORD_A);
		assert_refused(self->path, STORE_CREATE, NULL, LF_ERROR_FAILED, "no 'kind' file");
		assert_refused(
			self->path, STORE_CREATE, "sqlite", LF_ERROR_FAILED, "no 'kind' file");
		after = scratch_read(self->scratch, name);
		g_assert_cmpstr(after, ==, RECORD_A);
		g_assert_false(scratch_has(self->scratch, "store/kind"));
		scratch_remove(self->scratch, name);
	}
	store_close(open_store(self, STORE_CREATE));
}

#define ADD(name, function)                                                                        \
	g_test_add("/store/" name, store_fixture, NULL, store_set_up, function, store_tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("create", test_create);
	ADD("not-there", test_not_there);
	ADD("kind", test_kind);
	ADD("half-made", test_half_made);
	ADD("one-writer", test_one_writer);
	ADD("writer-killed", test_writer_killed);
	ADD("put", test_put);
	ADD("put-refused", test_put_refused);
	ADD("remove", test_remove);
	ADD("account", test_account);
	ADD("damaged-account", test_damaged_account);
	ADD("hostile", test_hostile);
	ADD("put-beside-hostile", test_put_beside_hostile);
	ADD("state", test_state);
	ADD("locks", test_locks);
	ADD("moved-away", test_moved_away);
	ADD("inside-another", test_inside_another);
	ADD("kind-is-missing", test_kind_is_missing);
	return g_test_run();
}
