/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Changes of a store by others while it is in use, for every kind. */

#include "disk.h"
#include "store_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

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

/* The process's own changes are not reported. */
static void test_own_changes(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
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

/* Overwrites a file in place with the same length, as a client with a forged file handle would do
 * it; not in the same tick of the kernel's clock. */
static void overwrite(const store_fixture *self, const char *name)
{
	g_autofree char *path = g_build_filename(self->path, name, NULL);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	char byte;

	g_usleep(20000);
	g_assert_cmpint(pread(fd, &byte, 1, 40), ==, 1);
	g_assert_cmpint(pwrite(fd, &byte, 1, 40), ==, 1);
	close(fd);
}

static void remove_file(const store_fixture *self, const char *name)
{
	g_autofree char *path = g_build_filename(self->path, name, NULL);

	g_assert_cmpint(unlink(path), ==, 0);
}

static void test_changed(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
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
	/* Our own write comes between the change and the check. */
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

/* The first check compares with what the takeover read, not with what it finds itself. */
static void test_changed_before_first_check(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	bool is_files = g_str_equal(self->kind, "files");
	store *before = open_store(self, STORE_CREATE);

	put(before, "client-a", RECORD_A);
	put(before, "client-b", RECORD_B);
	store_close(before);
	g_autoptr(store) to = open_store(self, STORE_CREATE);
	g_autoptr(GPtrArray) clients = load(to);
	overwrite(self, is_files ? "sm/client-a" : "store.sqlite");
	save_as(to, clients, 3, RECOVERY_TOLD);
	save_epoch(to, 3);
	assert_changed(to, is_files ? "sm" : "store.sqlite");
}

/* As long as the takeover waits for it, another node may have the group. */
static void test_changed_by_owner(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	bool is_files = g_str_equal(self->kind, "files");
	g_autoptr(store) to = open_store(self, STORE_CREATE);

	put(to, "client-a", RECORD_A);
	g_autoptr(GPtrArray) clients = load(to);
	overwrite(self, is_files ? "sm/client-a" : "store.sqlite");
	g_autoptr(GPtrArray) clients_again = load(to);
	save_epoch(to, 3);
	assert_unchanged(to);
}

static void test_kind_is_changed(store_fixture *self, gconstpointer data G_GNUC_UNUSED)
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

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	store_add_each("own-changes", test_own_changes);
	store_add_each("changed", test_changed);
	store_add_each("changed-before-first-check", test_changed_before_first_check);
	store_add_each("changed-by-owner", test_changed_by_owner);
	store_add_each("kind-is-changed", test_kind_is_changed);
	return g_test_run();
}
