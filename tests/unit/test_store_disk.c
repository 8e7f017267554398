/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The disk fails, or the process dies, at each step of a write: for every kind of store. */

#include "base/error.h"
#include "disk.h"
#include "store_fixture.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Saves the account as while a group is served: then everything that can be prepared for the next
 * record is prepared. */
static void save_account(store *to)
{
	g_autoptr(GPtrArray) clients = load(to);
	g_autoptr(GError) error = NULL;

	store_save_account(to, 0, clients, &error);
	g_assert_no_error(error);
}

/* Everything that was reported as done is on the disk, with its names. */
static void test_durable(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
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

/* Each step of recording fails in turn: the failure is reported, nothing else is lost, and
 * recording works again when the disk does. */
static void fail_each_step(store_fixture *self, int number, bool for_good, bool ahead)
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
		/* A power cut cannot take a record that was reported as stored. */
		g_assert_true(!has(to, "b", RECORD_B) || disk_unsynced() == 0);
		came_so_far = disk_let_be() >= step;
		g_assert_true(came_so_far || !failed);
		/* A failed step may be replaced by another way, but not if the disk accepts
		 * nothing. */
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

static void test_failing(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	fail_each_step(self, EIO, false, false);
	fail_each_step(self, EIO, false, true);
}

static void test_full(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	fail_each_step(self, ENOSPC, true, false);
	fail_each_step(self, ENOSPC, true, true);
}

static void test_read_only(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	fail_each_step(self, EROFS, true, false);
	fail_each_step(self, EROFS, true, true);
}

/* Puts a record in a process that dies before the step. Returns whether it died. */
static bool put_and_die(const store_fixture *self, int step, bool ahead)
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

/* A killed process may not have synced what it wrote, and this cannot be found out. So everything
 * that may contain records is synced when the store is opened, before a process relies on a record.
 * (An empty log contains none.) */
static void assert_all_is_synced(const store_fixture *self, GPtrArray *read)
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

static void kill_at_each_step(store_fixture *self, bool ahead)
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
		/* All records that are found now are on the disk, whoever wrote them. */
		g_assert_cmpint(disk_unsynced(), ==, 0);
		disk_let_be();
		assert_all_is_synced(self, read);
		g_autoptr(GPtrArray) clients = load(to);
		g_assert_cmpuint(read->len, ==, clients->len);
		assert_raw(clients, "a", RECORD_A);
		g_assert_nonnull(find(clients, "b"));
		if (!killed)
			assert_raw(clients, "c", RECORD_B);
		/* Records get to the disk in their order. */
		if (find(clients, "c") != NULL)
			assert_raw(clients, "b", RECORD_B);
	}
}

static void test_killed(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	kill_at_each_step(self, false);
	kill_at_each_step(self, true);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	store_add_each("durable", test_durable);
	store_add_each("failing", test_failing);
	store_add_each("full", test_full);
	store_add_each("read-only", test_read_only);
	store_add_each("killed", test_killed);
	return g_test_run();
}
