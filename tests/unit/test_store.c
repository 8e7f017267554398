/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/store.h"

#include "base/error.h"
#include "nsm/record.h"
#include "quick_time.h"
#include "scratch.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RECORD_A SCRATCH_RECORD("10.99.0.21")
#define RECORD_B SCRATCH_RECORD("10.99.0.22")

typedef struct fixture {
	scratch *scratch;
	const char *path;
} fixture;

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->scratch = scratch_new();
	self->path = scratch_path(self->scratch, "store");
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	scratch_free(self->scratch);
}

static store *open_store(const fixture *self, enum store_mode mode)
{
	g_autoptr(GError) error = NULL;
	store *opened = store_open(self->path, mode, NULL, &error);

	g_assert_no_error(error);
	g_assert_nonnull(opened);
	return opened;
}

static void assert_says(const GError *error, const char *says)
{
	if (strstr(error->message, says) == NULL)
		g_error("'%s' does not say '%s'", error->message, says);
}

static void assert_refused(
	const char *path, enum store_mode mode, const char *kind, int code, const char *says)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(store_open(path, mode, kind, &error));
	g_assert_error(error, LF_ERROR, code);
	assert_says(error, says);
	assert_says(error, path);
}

static void put(store *to, const char *file, const char *text)
{
	g_autoptr(GBytes) raw = g_bytes_new(text, strlen(text));
	g_autoptr(GPtrArray) clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
	g_autoptr(GError) error = NULL;

	g_ptr_array_add(clients, client_new(file, raw, "unused", "unused"));
	g_assert_true(store_put_clients(to, clients, &error));
	g_assert_no_error(error);
}

/* The clients of the store, and `n_problems` besides. */
static GPtrArray *load(store *from, guint n_problems)
{
	g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	GPtrArray *clients = store_load_clients(from, STORE_WITH_RAW, problems, &error);

	g_assert_no_error(error);
	for (guint i = 0; i < problems->len; i++)
		g_test_message("%s", (char *)g_ptr_array_index(problems, i));
	g_assert_cmpuint(problems->len, ==, n_problems);
	return clients;
}

static const client *find(GPtrArray *clients, const char *file)
{
	for (guint i = 0; i < clients->len; i++) {
		const client *entry = g_ptr_array_index(clients, i);

		if (strcmp(entry->file, file) == 0)
			return entry;
	}
	g_error("'%s' is not in the store", file);
}

static void assert_raw(const client *entry, const char *text)
{
	gsize length;
	const char *raw = g_bytes_get_data(entry->raw, &length);

	g_assert_cmpmem(raw, length, text, strlen(text));
}

static void test_create(fixture *self, gconstpointer data G_GNUC_UNUSED)
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
	g_autoptr(GPtrArray) clients = load(made, 0);
	g_assert_cmpuint(clients->len, ==, 0);
}

static void test_not_there(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const char *deep = scratch_path(self->scratch, "no/such/store");
	const char *file = scratch_path(self->scratch, "file");
	const char *folder = scratch_mkdir(self->scratch, "folder");

	assert_refused(self->path, STORE_READ, NULL, LF_ERROR_NOT_INSTALLED, "there is no store");
	assert_refused(self->path, STORE_WRITE, NULL, LF_ERROR_NOT_INSTALLED, "mount the group's");
	assert_refused(folder, STORE_READ, NULL, LF_ERROR_NOT_INSTALLED, "holds no store");
	assert_refused(folder, STORE_WRITE, NULL, LF_ERROR_NOT_INSTALLED, "holds no store");
	/* Where the filesystem isn't mounted, nothing is left on its mount point. */
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

static void test_kind(fixture *self, gconstpointer data G_GNUC_UNUSED)
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

/* A crash while it was made leaves none, or one that can be made whole. */
static void test_half_made(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	scratch_mkdir(self->scratch, "store/sm");
	scratch_write(self->scratch, "store/.lock", "");
	scratch_write(self->scratch, "store/.new-1234", "fil");
	assert_refused(self->path, STORE_READ, NULL, LF_ERROR_NOT_INSTALLED, "holds no store");

	g_autoptr(store) made = open_store(self, STORE_CREATE);
	put(made, "client", RECORD_A);
	g_autoptr(GPtrArray) clients = load(made, 0);
	g_assert_cmpuint(clients->len, ==, 1);
}

static void test_one_writer(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(store) first = open_store(self, STORE_CREATE);

	quick_time_start(QUICK_SLEEPS);
	assert_refused(self->path, STORE_WRITE, NULL, LF_ERROR_FAILED, "another process");
	assert_refused(self->path, STORE_CREATE, NULL, LF_ERROR_FAILED, "another process");
	quick_time_stop();
	/* Readers are never in the way, nor held up. */
	put(first, "client", RECORD_A);
	g_autoptr(store) reader = open_store(self, STORE_READ);
	g_autoptr(GPtrArray) clients = load(reader, 0);
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

/* The lock goes with its process, however that ends: a moment later is soon enough. */
static void test_writer_killed(fixture *self, gconstpointer data G_GNUC_UNUSED)
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

static void test_put(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *longest = g_strnfill(SM_NAME_MAX_BYTES, 'x');
	g_autofree char *longest_path = g_build_filename("store/sm", longest, NULL);
	g_autofree char *text = NULL;
	g_autoptr(store) to = open_store(self, STORE_CREATE);

	put(to, "client", RECORD_A);
	put(to, longest, RECORD_B RECORD_B);
	text = scratch_read(self->scratch, longest_path);
	g_assert_cmpstr(text, ==, RECORD_B RECORD_B);
	g_autoptr(GPtrArray) clients = load(to, 0);
	g_assert_cmpuint(clients->len, ==, 2);
	assert_raw(find(clients, "client"), RECORD_A);
	/* The names come from the record, not from who put it. */
	g_assert_cmpstr(find(clients, "client")->mon_name, ==, "10.99.0.21");
	g_assert_cmpstr(find(clients, "client")->my_name, ==, "node1");
	g_assert_cmpstr(find(clients, longest)->mon_name, ==, "10.99.0.22");
	assert_raw(find(clients, longest), RECORD_B RECORD_B);

	put(to, "client", RECORD_B);
	g_autoptr(GPtrArray) again = load(to, 0);
	g_assert_cmpuint(again->len, ==, 2);
	assert_raw(find(again, "client"), RECORD_B);
	g_autofree char *names = scratch_list(self->scratch, "store/sm");
	g_autofree char *expected = g_strdup_printf("client %s ", longest);
	g_assert_cmpstr(names, ==, expected);
}

static void test_put_refused(fixture *self, gconstpointer data G_GNUC_UNUSED)
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

static void test_remove(fixture *self, gconstpointer data G_GNUC_UNUSED)
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
	g_autoptr(GPtrArray) left = load(to, 0);
	g_assert_cmpuint(left->len, ==, 1);
	find(left, "b");
	g_assert_true(scratch_has(self->scratch, "store/state"));
}

static void test_account(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(store) to = open_store(self, STORE_CREATE);
	g_autoptr(GError) error = NULL;

	put(to, "b", RECORD_B);
	put(to, "a", RECORD_A);
	g_autoptr(GPtrArray) clients = load(to, 0);
	for (guint i = 0; i < clients->len; i++) {
		client *entry = g_ptr_array_index(clients, i);

		entry->first_recorded = 100 + i;
		entry->last_seen = 200 + i;
		entry->recovery = RECOVERY_TOLD;
	}
	g_assert_true(store_save_account(to, 0, clients, &error));
	g_assert_no_error(error);
	put(to, "c", RECORD_A);
	g_autoptr(GPtrArray) again = load(to, 0);
	g_assert_cmpuint(again->len, ==, 3);
	g_assert_cmpint(find(again, "a")->first_recorded, ==, 100);
	g_assert_cmpint(find(again, "b")->last_seen, ==, 201);
	g_assert_cmpint(find(again, "b")->recovery, ==, RECOVERY_TOLD);
	g_assert_cmpint(find(again, "c")->recovery, ==, RECOVERY_RECORDED);
}

/* The records are what counts. */
static void test_damaged_account(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const texts[] = {"", "rubbish\n", "lockferry account 9\n",
		"lockferry account 1\nclient 1", "lockferry account 1\nclient 1 2 told\nrubbish\n"};
	g_autoptr(store) to = open_store(self, STORE_CREATE);

	put(to, "client", RECORD_A);
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		scratch_write(self->scratch, "store/account", texts[i]);
		g_autoptr(GPtrArray) clients = load(to, 1);
		g_assert_cmpuint(clients->len, ==, 1);
		assert_raw(find(clients, "client"), RECORD_A);
	}
	scratch_remove(self->scratch, "store/account");
	scratch_mkdir(self->scratch, "store/account");
	g_autoptr(GPtrArray) clients = load(to, 1);
	g_assert_cmpuint(clients->len, ==, 1);
}

static void test_hostile(fixture *self, gconstpointer data G_GNUC_UNUSED)
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
	/* What crashes leave is nobody's business. */
	scratch_write(dir, "store/sm/.new-0123", "0100007f");
	scratch_write(dir, "store/sm/.good.new", RECORD_B);
	g_autoptr(GPtrArray) clients = load(to, 8);
	g_assert_cmpuint(clients->len, ==, 1);
	assert_raw(find(clients, "good"), RECORD_A);
	g_autoptr(GPtrArray) without_problems = store_load_clients(to, STORE_WITH_RAW, NULL, NULL);
	g_assert_cmpuint(without_problems->len, ==, 1);
}

/* One record that cannot be stored, for whatever has its name there, doesn't keep the others out.
 */
static void test_put_beside_hostile(fixture *self, gconstpointer data G_GNUC_UNUSED)
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
	g_autoptr(GPtrArray) stored = load(to, 1);
	g_assert_cmpuint(stored->len, ==, 2);
	find(stored, "a");
	find(stored, "c");
	g_autofree char *names = scratch_list(self->scratch, "store/sm");
	g_assert_cmpstr(names, ==, "a b c ");
}

static void test_state(fixture *self, gconstpointer data G_GNUC_UNUSED)
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

static void test_locks(fixture *self, gconstpointer data G_GNUC_UNUSED)
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

/* Who isn't root must not be able to change a store, or exchange it. */
static void assert_not_trusted(const fixture *self, const char *says)
{
	assert_refused(self->path, STORE_WRITE, NULL, LF_ERROR_PRIVILEGE, says);
	assert_refused(self->path, STORE_CREATE, NULL, LF_ERROR_PRIVILEGE, says);
	/* To look at it does no harm. */
	store_close(open_store(self, STORE_READ));
}

static void set_mode(const fixture *self, const char *name, mode_t mode)
{
	g_assert_cmpint(chmod(scratch_path(self->scratch, name), mode), ==, 0);
}

static bool set_owner(const fixture *self, const char *name, uid_t owner)
{
	return lchown(scratch_path(self->scratch, name), owner, (gid_t)-1) == 0;
}

static mode_t mode_of(const fixture *self, const char *name)
{
	struct stat st;

	g_assert_cmpint(lstat(scratch_path(self->scratch, name), &st), ==, 0);
	return st.st_mode & 07777;
}

static void test_way_is_writable(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *own = NULL;

	scratch_mkdir(self->scratch, "a/b");
	self->path = scratch_path(self->scratch, "a/b/store");
	store_close(open_store(self, STORE_CREATE));
	set_mode(self, "a", 0777);
	assert_not_trusted(self, "/a' (mode 777)");
	/* There nobody renames what is another's. */
	set_mode(self, "a", 01777);
	store_close(open_store(self, STORE_WRITE));
	set_mode(self, "a", 0755);
	set_mode(self, "a/b", 0757);
	assert_not_trusted(self, "'chmod +t");
	/* Nor is one made there. */
	own = g_strconcat(self->path, "2", NULL);
	assert_refused(own, STORE_CREATE, NULL, LF_ERROR_PRIVILEGE, "(mode 757)");
	g_assert_false(scratch_has(self->scratch, "a/b/store2"));
	set_mode(self, "a/b", 0755);
	store_close(open_store(self, STORE_WRITE));
}

static void test_way_is_anothers(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	scratch_mkdir(self->scratch, "a");
	self->path = scratch_path(self->scratch, "a/store");
	store_close(open_store(self, STORE_CREATE));
	if (!set_owner(self, "a", 65534)) {
		g_test_skip("only root may give a directory away");
		return;
	}
	assert_not_trusted(self, "who owns");
	g_assert_true(set_owner(self, "a", 0));
	/* A link is as good as a directory, wherever it is. */
	g_assert_cmpint(symlink("a", scratch_path(self->scratch, "link")), ==, 0);
	self->path = scratch_path(self->scratch, "link/store");
	store_close(open_store(self, STORE_WRITE));
	g_assert_true(set_owner(self, "link", 65534));
	assert_not_trusted(self, "/link'");
	g_assert_true(set_owner(self, "link", 0));
	/* What it leads to is looked at as well. */
	set_mode(self, "a", 0777);
	assert_not_trusted(self, "/a' (mode 777)");
}

static void test_anothers(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const names[] = {"store", "store/kind", "store/state", "store/sm"};

	store_close(open_store(self, STORE_CREATE));
	scratch_write(self->scratch, "store/state", "");
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		if (!set_owner(self, names[i], 65534)) {
			g_test_skip("only root may give a file away");
			return;
		}
		assert_not_trusted(self, "belongs to user 65534");
		g_assert_true(set_owner(self, names[i], 0));
	}
	/* Left in the directory while others could write there. */
	scratch_write(self->scratch, "store/sm/forged", RECORD_A);
	g_assert_true(set_owner(self, "store/sm/forged", 65534));
	set_mode(self, "store/sm", 0777);
	assert_not_trusted(self, "sm/forged");
}

/* A store that was good stays one: a backup that came back with other modes, say. */
static void test_mode_is_mended(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(store) made = open_store(self, STORE_CREATE);

	g_assert_cmpuint(store_mended(made)->len, ==, 0);
	g_clear_pointer(&made, store_close);
	set_mode(self, "store", 0777);
	set_mode(self, "store/sm", 0755);
	set_mode(self, "store/kind", 0644);
	made = open_store(self, STORE_WRITE);
	/* Of a file that others could only read there is nothing to say. */
	g_assert_cmpuint(store_mended(made)->len, ==, 2);
	g_assert_nonnull(strstr(g_ptr_array_index(store_mended(made), 0), "had mode 777"));
	g_assert_cmpuint(mode_of(self, "store"), ==, 0700);
	g_assert_cmpuint(mode_of(self, "store/sm"), ==, 0700);
	g_assert_cmpuint(mode_of(self, "store/kind"), ==, 0600);
}

/* A file of the system that somebody linked into the store keeps its mode. */
static void test_links_are_let_be(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	store_close(open_store(self, STORE_CREATE));
	scratch_write(self->scratch, "elsewhere", "");
	set_mode(self, "elsewhere", 0644);
	g_assert_cmpint(link(scratch_path(self->scratch, "elsewhere"),
				scratch_path(self->scratch, "store/locks")),
		==, 0);
	store_close(open_store(self, STORE_WRITE));
	g_assert_cmpuint(mode_of(self, "elsewhere"), ==, 0644);
}

static void test_moved_away(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(store) to = open_store(self, STORE_CREATE);
	const char *elsewhere = scratch_path(self->scratch, "elsewhere");
	g_autoptr(GError) error = NULL;

	g_assert_true(store_check_place(to, &error));
	g_assert_cmpint(rename(self->path, elsewhere), ==, 0);
	g_assert_false(store_check_place(to, &error));
	assert_says(error, self->path);
	/* Another one in its place is not it. */
	scratch_mkdir(self->scratch, "store");
	g_assert_false(store_check_place(to, NULL));
	scratch_remove(self->scratch, "store");
	g_assert_cmpint(rename(elsewhere, self->path), ==, 0);
	g_assert_true(store_check_place(to, NULL));
}

/* With the data of a store, but not its kind, it is not a new one. */
static void test_kind_is_missing(fixture *self, gconstpointer data G_GNUC_UNUSED)
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

/* The claim */

static void claim(store *to, const char *node, guint64 epoch)
{
	g_autoptr(group_state) state = group_state_new("files", 1700000000);
	g_autoptr(GError) error = NULL;

	g_free(state->node);
	state->node = g_strdup(node);
	state->epoch = epoch;
	g_assert_true(store_save_state(to, state, &error));
	g_assert_no_error(error);
}

/* Each way to write, as of that epoch; -1: all of them were done, else which failed. */
static int write_each(store *to, guint64 epoch, GError **error)
{
	g_autoptr(GBytes) raw = g_bytes_new_static(RECORD_B, strlen(RECORD_B));
	g_autoptr(GPtrArray) clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
	g_autoptr(GPtrArray) gone = g_ptr_array_new();

	g_ptr_array_add(clients, client_new("b", raw, "10.99.0.22", "node1"));
	g_ptr_array_add(gone, (char *)"a");
	if (!store_save_text(to, epoch, STORE_LOCKS_NOTED, raw, error))
		return 1;
	if (!store_save_account(to, epoch, clients, error))
		return 2;
	return store_remove_clients(to, epoch, gone, error) ? -1 : 3;
}

static void assert_nothing_is_written(const fixture *self, store *to, guint64 epoch, int code)
{
	static const char *const names[] = {"store/state", "store/account", "store/locks"};
	g_autoptr(GBytes) raw = g_bytes_new_static(RECORD_B, strlen(RECORD_B));
	g_autoptr(GPtrArray) clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
	g_autoptr(GPtrArray) gone = g_ptr_array_new();
	g_autofree char *records = scratch_list(self->scratch, "store/sm");
	char *before[G_N_ELEMENTS(names)];
	GError *errors[4] = {NULL};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		before[i] = scratch_read(self->scratch, names[i]);
	g_ptr_array_add(clients, client_new("b", raw, "10.99.0.22", "node1"));
	g_ptr_array_add(gone, (char *)"a");
	g_assert_false(store_save_text(to, epoch, STORE_LOCKS_NOTED, raw, &errors[0]));
	g_assert_false(store_save_account(to, epoch, clients, &errors[1]));
	g_assert_false(store_remove_clients(to, epoch, gone, &errors[2]));
	for (int i = 0; i < 3; i++)
		g_assert_error(errors[i], LF_ERROR, code);
	/* A record is put in whatever epoch, but not into what is another's. */
	if (code == LF_ERROR_NOT_OWNER) {
		g_assert_false(store_put_clients(to, clients, &errors[3]));
		g_assert_error(errors[3], LF_ERROR, code);
	}
	for (int i = 0; i < 4; i++)
		g_clear_error(&errors[i]);
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *after = scratch_read(self->scratch, names[i]);

		g_assert_cmpstr(after, ==, before[i]);
		g_free(before[i]);
	}
	g_autofree char *records_after = scratch_list(self->scratch, "store/sm");
	g_assert_cmpstr(records_after, ==, records);
}

/* What waited in a queue behind a takeover is not written over what that wrote. */
static void test_older_epoch(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(group_state) older = group_state_new("files", 1600000000);
	g_autoptr(store) to = open_store(self, STORE_CREATE);
	g_autofree char *written = NULL, *after = NULL;
	g_autoptr(GError) error = NULL;

	put(to, "a", RECORD_A);
	claim(to, "node1", 4);
	g_assert_cmpint(write_each(to, 4, &error), ==, -1);
	put(to, "a", RECORD_A);
	claim(to, "node1", 5);
	written = scratch_read(self->scratch, "store/state");
	assert_nothing_is_written(self, to, 4, LF_ERROR_OUTDATED);
	assert_nothing_is_written(self, to, 6, LF_ERROR_OUTDATED);
	older->epoch = 4;
	g_assert_false(store_save_state(to, older, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_OUTDATED);
	after = scratch_read(self->scratch, "store/state");
	g_assert_cmpstr(after, ==, written);
	g_clear_error(&error);
	g_assert_cmpint(write_each(to, 5, &error), ==, -1);
}

/* Another node, or this one once more, has taken the group since. */
static void test_taken_over_since(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const struct {
		const char *node;
		guint64 epoch;
	} owners[] = {{"node2", 5}, {"node2", 4}, {"node1", 5}};

	for (gsize i = 0; i < G_N_ELEMENTS(owners); i++) {
		g_autoptr(store) to = open_store(self, STORE_CREATE);
		g_autoptr(group_state) state = group_state_new("files", 1700000000);
		g_autofree char *text = NULL;
		g_autoptr(GError) error = NULL;

		put(to, "a", RECORD_A);
		claim(to, "node1", 4);
		g_free(state->node);
		state->node = g_strdup(owners[i].node);
		state->epoch = owners[i].epoch;
		text = group_state_format(state);
		scratch_remove(self->scratch, "store/state");
		scratch_write(self->scratch, "store/state", text);
		assert_nothing_is_written(self, to, 4, LF_ERROR_NOT_OWNER);
		g_assert_false(store_save_state(to, state, &error));
		g_assert_error(error, LF_ERROR, LF_ERROR_NOT_OWNER);
	}
}

/* What somebody else does to it while it is in use */

static void assert_alarms(store *to, guint count, const char *says)
{
	g_autoptr(GPtrArray) alarms = store_take_alarms(to);

	g_assert_cmpuint(alarms->len, ==, count);
	if (count > 0 && strstr(g_ptr_array_index(alarms, 0), says) == NULL)
		g_error("'%s' does not say '%s'", (char *)g_ptr_array_index(alarms, 0), says);
}

/* In place, as a client does it that made up a file handle; or removed. */
static void test_state_is_changed(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const texts[] = {"", "rubbish", "[group]\nformat=1\n", NULL};
	g_autoptr(store) to = open_store(self, STORE_CREATE);
	g_autoptr(GError) error = NULL;
	g_autofree char *written = NULL;
	g_autofree char *other = NULL;

	claim(to, "node1", 4);
	written = scratch_read(self->scratch, "store/state");
	g_assert_true(store_check_claim(to, &error));
	assert_alarms(to, 0, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *after = NULL;

		if (texts[i] != NULL)
			scratch_write(self->scratch, "store/state", texts[i]);
		else
			scratch_remove(self->scratch, "store/state");
		g_assert_true(store_check_claim(to, &error));
		g_assert_no_error(error);
		after = scratch_read(self->scratch, "store/state");
		g_assert_cmpstr(after, ==, written);
		assert_alarms(to, 1, "'state' in the store");
	}
	/* The owner is the same, and the number another one. */
	g_autoptr(group_state) state = store_load_state(to, NULL);
	state->state_number += 2;
	other = group_state_format(state);
	scratch_write(self->scratch, "store/state", other);
	g_assert_true(store_check_claim(to, &error));
	g_autofree char *after = scratch_read(self->scratch, "store/state");
	g_assert_cmpstr(after, ==, written);
	assert_alarms(to, 1, "set right");
	g_assert_true(store_check_claim(to, &error));
	assert_alarms(to, 0, NULL);
}

static void test_text_is_changed(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GBytes) text = g_bytes_new_static("locks\n", 6);
	g_autoptr(store) to = open_store(self, STORE_CREATE);

	g_assert_cmpuint(store_check_texts(to), ==, 0);
	g_assert_true(store_save_text(to, 0, STORE_LOCKS_RECORDED, text, NULL));
	g_assert_true(store_save_text(to, 0, STORE_LOCKS_NOTED, text, NULL));
	g_assert_cmpuint(store_check_texts(to), ==, 0);
	/* The same in another file is the same. */
	scratch_remove(self->scratch, "store/locks");
	scratch_write(self->scratch, "store/locks", "locks\n");
	g_assert_cmpuint(store_check_texts(to), ==, 0);
	scratch_write(self->scratch, "store/locks", "lockz\n");
	g_assert_cmpuint(store_check_texts(to), ==, 1U << STORE_LOCKS_NOTED);
	assert_alarms(to, 1, "'locks' in the store");
	scratch_remove(self->scratch, "store/locks.recorded");
	g_assert_cmpuint(store_check_texts(to), ==, 1U << STORE_LOCKS_RECORDED);
	assert_alarms(to, 1, "'locks.recorded' in the store");
	g_assert_cmpuint(store_check_texts(to), ==, 0);
}

#define ADD(name, function) g_test_add("/store/" name, fixture, NULL, set_up, function, tear_down)

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
	ADD("way-is-writable", test_way_is_writable);
	ADD("way-is-anothers", test_way_is_anothers);
	ADD("anothers", test_anothers);
	ADD("mode-is-mended", test_mode_is_mended);
	ADD("links-are-let-be", test_links_are_let_be);
	ADD("moved-away", test_moved_away);
	ADD("kind-is-missing", test_kind_is_missing);
	ADD("older-epoch", test_older_epoch);
	ADD("taken-over-since", test_taken_over_since);
	ADD("state-is-changed", test_state_is_changed);
	ADD("text-is-changed", test_text_is_changed);
	return g_test_run();
}
