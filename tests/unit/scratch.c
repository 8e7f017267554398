/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define PATIENCE_S 60
#define BOOT_ID_FILE "proc/sys/kernel/random/boot_id"

const char *scratch_path(scratch *self, const char *name)
{
	char *path = g_build_filename(self->path, name, NULL);

	g_ptr_array_add(self->texts, path);
	return path;
}

scratch *scratch_new(void)
{
	g_autoptr(GError) error = NULL;
	scratch *self = g_new0(scratch, 1);

	self->texts = g_ptr_array_new_with_free_func(g_free);
	self->mounts = g_ptr_array_new();
	self->path = g_dir_make_tmp("lockferry-test.XXXXXX", &error);
	g_assert_no_error(error);
	self->kernel.nfsd_dir = scratch_mkdir(self, "nfsd");
	self->kernel.lockd_dir = scratch_mkdir(self, "lockd");
	self->kernel.proc_dir = scratch_mkdir(self, "proc");
	scratch_set_boot(self, "boot1");
	scratch_set_locks(self, "");
	return self;
}

static int remove_entry(const char *path, const struct stat *status G_GNUC_UNUSED,
	int type G_GNUC_UNUSED, struct FTW *where G_GNUC_UNUSED)
{
	return remove(path);
}

void scratch_free(scratch *self)
{
	if (self == NULL)
		return;
	for (guint i = 0; i < self->mounts->len; i++)
		g_assert_cmpint(umount2(g_ptr_array_index(self->mounts, i), MNT_DETACH), ==, 0);
	g_ptr_array_unref(self->mounts);
	g_assert_cmpint(nftw(self->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS), ==, 0);
	g_ptr_array_unref(self->texts);
	g_free(self->path);
	g_free(self);
}

const char *scratch_mkdir(scratch *self, const char *name)
{
	const char *path = scratch_path(self, name);

	g_assert_cmpint(g_mkdir_with_parents(path, 0700), ==, 0);
	return path;
}

/* g_file_set_contents() does not work here: its temporary names are longer than the longest
 * name. */
void scratch_write_bytes(scratch *self, const char *name, const void *bytes, gsize length)
{
	const char *path = scratch_path(self, name);
	g_autofree char *parent = g_path_get_dirname(path);
	FILE *file;

	g_assert_cmpint(g_mkdir_with_parents(parent, 0700), ==, 0);
	file = fopen(path, "w");
	g_assert_nonnull(file);
	g_assert_cmpuint(fwrite(bytes, 1, length, file), ==, length);
	g_assert_cmpint(fclose(file), ==, 0);
}

void scratch_write(scratch *self, const char *name, const char *text)
{
	scratch_write_bytes(self, name, text, strlen(text));
}

char *scratch_read(scratch *self, const char *name)
{
	char *text = NULL;

	g_file_get_contents(scratch_path(self, name), &text, NULL, NULL);
	return text;
}

bool scratch_has(scratch *self, const char *name)
{
	struct stat status;

	return lstat(scratch_path(self, name), &status) == 0;
}

void scratch_remove(scratch *self, const char *name)
{
	g_assert_cmpint(remove(scratch_path(self, name)), ==, 0);
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char *scratch_list(scratch *self, const char *name)
{
	g_autoptr(GDir) dir = g_dir_open(scratch_path(self, name), 0, NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	GString *text = g_string_new(NULL);
	const char *entry;

	g_assert_nonnull(dir);
	while ((entry = g_dir_read_name(dir)) != NULL)
		g_ptr_array_add(names, (char *)entry);
	g_ptr_array_sort(names, compare_names);
	for (guint i = 0; i < names->len; i++)
		g_string_append_printf(text, "%s ", (const char *)g_ptr_array_index(names, i));
	return g_string_free(text, FALSE);
}

void scratch_set_server(scratch *self, guint threads, const char *grace_ended)
{
	g_autofree char *text = g_strdup_printf("%u\n", threads);
	g_autofree char *ended = g_strconcat(grace_ended != NULL ? grace_ended : "", "\n", NULL);

	scratch_write(self, "nfsd/threads", text);
	if (grace_ended != NULL)
		scratch_write(self, "lockd/nlm_end_grace", ended);
	else if (scratch_has(self, "lockd/nlm_end_grace"))
		scratch_remove(self, "lockd/nlm_end_grace");
}

/* At most one process is ours: /proc/PID/stat with the name lockd and the parent kthreadd. */
static void remove_lockd(scratch *self)
{
	g_autofree char *name = scratch_read(self, "lockd-pid");
	g_autofree char *stat = g_strdup_printf("proc/%s/stat", name != NULL ? name : "");
	g_autofree char *folder = g_strdup_printf("proc/%s", name != NULL ? name : "");

	if (name == NULL)
		return;
	scratch_remove(self, stat);
	scratch_remove(self, folder);
	scratch_remove(self, "lockd-pid");
}

void scratch_set_lockd(scratch *self, guint pid, guint start_ticks)
{
	g_autofree char *name = g_strdup_printf("%u", pid);
	g_autofree char *stat = g_strdup_printf("proc/%u/stat", pid);
	g_autofree char *text = g_strdup_printf(
		"%u (lockd) S 2 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 %u 0 0 18446744073709551615 0 0 0 0\n",
		pid, start_ticks);

	remove_lockd(self);
	if (pid == 0)
		return;
	scratch_write(self, stat, text);
	scratch_write(self, "lockd-pid", name);
}

void scratch_set_boot(scratch *self, const char *boot_id)
{
	g_autofree char *text = g_strconcat(boot_id, "\n", NULL);

	scratch_write(self, BOOT_ID_FILE, text);
}

char *scratch_lock_line(const char *path, guint inode)
{
	struct stat status;

	g_assert_cmpint(stat(path, &status), ==, 0);
	return g_strdup_printf("1: POSIX  ADVISORY  WRITE 77 %02x:%02x:%u 0 EOF\n",
		major(status.st_dev), minor(status.st_dev), inode);
}

void scratch_set_locks(scratch *self, const char *text)
{
	scratch_write(self, "proc/locks", text);
}

static gboolean wake(gpointer data G_GNUC_UNUSED)
{
	return G_SOURCE_CONTINUE;
}

bool scratch_run_until(bool (*done)(void *data), void *data)
{
	gint64 end = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;
	guint alarm_source = g_timeout_add(10, wake, NULL);
	bool finished;

	while (!(finished = done(data)) && g_get_monotonic_time() < end)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(alarm_source);
	return finished;
}

static bool enter_mount_namespace(void)
{
	static bool entered;

	if (!entered && (unshare(CLONE_NEWNS) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0))
		entered = mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0;
	return entered;
}

bool scratch_mount(scratch *self, const char *name)
{
	const char *path = scratch_mkdir(self, name);

	if (!enter_mount_namespace() || mount("tmpfs", path, "tmpfs", 0, "size=4m") != 0)
		return false;
	g_ptr_array_add(self->mounts, (char *)path);
	return true;
}
