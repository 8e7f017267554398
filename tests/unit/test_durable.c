/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/durable.h"

#include "base/error.h"
#include "fault.h"
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define OLD "the old text\n"
#define NEW "the new text, which is longer than the old one\n"

/* The system calls that a durable write is made of are wrapped by the linker (--wrap). */
int __real_openat64(int dir, const char *name, int flags, ...);
int __wrap_openat64(int dir, const char *name, int flags, mode_t mode);
ssize_t __real_write(int fd, const void *bytes, size_t length);
ssize_t __wrap_write(int fd, const void *bytes, size_t length);
ssize_t __real_read(int fd, void *bytes, size_t length);
ssize_t __wrap_read(int fd, void *bytes, size_t length);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_close(int fd);
int __wrap_close(int fd);
int __real_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __real_unlinkat(int dir, const char *name, int flags);
int __wrap_unlinkat(int dir, const char *name, int flags);

int __wrap_openat64(int dir, const char *name, int flags, mode_t mode)
{
	return fault_strikes() ? -1 : __real_openat64(dir, name, flags, mode);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t length)
{
	if (fault_interrupts() || fault_strikes())
		return -1;
	return __real_write(fd, bytes, fault_length(length));
}

ssize_t __wrap_read(int fd, void *bytes, size_t length)
{
	if (fault_interrupts() || fault_strikes())
		return -1;
	return __real_read(fd, bytes, fault_length(length));
}

int __wrap_fsync(int fd)
{
	return fault_interrupts() || fault_strikes() ? -1 : __real_fsync(fd);
}

/* The file is closed even if close() fails, as in Linux. */
int __wrap_close(int fd)
{
	bool faulty = fault_strikes();
	int result = __real_close(fd);

	if (!faulty)
		return result;
	errno = fault.fail_errno;
	return -1;
}

int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return fault_strikes() ? -1 : __real_renameat(from_dir, from, to_dir, to);
}

int __wrap_unlinkat(int dir, const char *name, int flags)
{
	return fault_strikes() ? -1 : __real_unlinkat(dir, name, flags);
}

typedef struct fixture {
	scratch *scratch;
	int dir_fd;
} fixture;

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	fault = (struct fault){.resting = true};
	self->scratch = scratch_new();
	self->dir_fd =
		open(scratch_mkdir(self->scratch, "dir"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_assert_cmpint(self->dir_fd, >=, 0);
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	fault = (struct fault){.resting = true};
	close(self->dir_fd);
	scratch_free(self->scratch);
}

static void count_from_here(void)
{
	fault = (struct fault){0};
}

static bool replace(const fixture *self, const char *text, GError **error)
{
	return durable_replace(self->dir_fd, "file", text, strlen(text), error);
}

static void assert_text(const fixture *self, const char *name, const char *text)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) bytes = durable_read(self->dir_fd, name, 4096, &error);
	const void *content;
	gsize length;

	g_assert_no_error(error);
	content = g_bytes_get_data(bytes, &length);
	g_assert_cmpmem(content, length, text, strlen(text));
}

static void assert_names(const fixture *self, const char *names)
{
	g_autofree char *list = scratch_list(self->scratch, "dir");

	g_assert_cmpstr(list, ==, names);
}

static void test_replace(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	mode_t mask = umask(0);
	struct stat status;

	g_assert_true(replace(self, OLD, &error));
	umask(mask);
	g_assert_no_error(error);
	assert_text(self, "file", OLD);
	g_assert_cmpint(stat(scratch_path(self->scratch, "dir/file"), &status), ==, 0);
	g_assert_cmpuint(status.st_mode, ==, S_IFREG | 0600);
	g_assert_true(replace(self, NEW, &error));
	assert_text(self, "file", NEW);
	g_assert_true(replace(self, "", &error));
	assert_text(self, "file", "");
	assert_names(self, "file ");
}

static void test_longest_name(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *name = g_strnfill(255, 'x');
	g_autofree char *names = g_strconcat(name, " ", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_true(durable_replace(self->dir_fd, name, NEW, strlen(NEW), &error));
	g_assert_no_error(error);
	assert_text(self, name, NEW);
	assert_names(self, names);
}

/* Several files are staged and then published. None is visible before that. */
static void test_stage_and_publish(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(replace(self, OLD, &error));
	g_assert_true(durable_stage(self->dir_fd, "file", NEW, strlen(NEW), &error));
	g_assert_true(durable_stage(self->dir_fd, "other", "1", 1, &error));
	assert_text(self, "file", OLD);
	g_assert_false(scratch_has(self->scratch, "dir/other"));
	g_assert_true(durable_publish(self->dir_fd, "file", &error));
	assert_text(self, "file", NEW);
	g_assert_true(durable_publish(self->dir_fd, "other", &error));
	g_assert_true(durable_sync(self->dir_fd, &error));
	g_assert_no_error(error);
	assert_names(self, "file other ");

	g_assert_false(durable_publish(self->dir_fd, "never-staged", &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
}

static void test_in_pieces(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	fault.short_writes = true;
	fault.interrupting = true;
	g_assert_true(replace(self, NEW, &error));
	g_assert_no_error(error);
	assert_text(self, "file", NEW);
	g_assert_true(durable_remove(self->dir_fd, "file", &error));
	g_assert_no_error(error);
	/* Each piece of the write and of the read, and three syncs. */
	g_assert_cmpint(fault.interruptions, >=, 2 * (int)strlen(NEW) / 7 + 3);
	assert_names(self, "");
}

/* Each step fails in turn: either the old file or the new one is there, complete. */
static void test_failing(fixture *self, gconstpointer data)
{
	const int *number = data;
	bool was_old = false, was_new = false;
	int step;

	for (step = 1;; step++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *text = NULL;
		bool done;

		memset(&fault, 0, sizeof(fault));
		g_assert_true(replace(self, OLD, &error));
		count_from_here();
		fault.fail_step = step;
		fault.fail_errno = *number;
		done = replace(self, NEW, &error);
		fault.resting = true;
		if (fault.step < step) {
			g_assert_true(done);
			break;
		}
		g_assert_false(done);
		g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
		g_assert_nonnull(strstr(error->message, g_strerror(*number)));
		assert_names(self, "file ");
		text = scratch_read(self->scratch, "dir/file");
		g_assert_true(strcmp(text, OLD) == 0 || strcmp(text, NEW) == 0);
		was_old = was_old || strcmp(text, OLD) == 0;
		was_new = was_new || strcmp(text, NEW) == 0;
	}
	/* openat, write, fsync, close, renameat, fsync of the directory */
	g_assert_cmpint(step - 1, ==, 6);
	g_assert_true(was_old && was_new);
}

/* Replaces the file in a process that dies before `step`. Returns false if it did not die. */
static bool replace_and_die(const fixture *self, int step)
{
	pid_t child = fork();
	int status;

	g_assert_cmpint(child, >=, 0);
	if (child == 0) {
		count_from_here();
		fault.kill_step = step;
		fault.short_writes = true;
		_exit(replace(self, NEW, NULL) ? 0 : 1);
	}
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	if (WIFSIGNALED(status)) {
		g_assert_cmpint(WTERMSIG(status), ==, SIGKILL);
		return true;
	}
	g_assert_cmpint(WEXITSTATUS(status), ==, 0);
	return false;
}

/* Files that a crash left beside the file are recognized as temporary, and do no harm. */
static void assert_only_temporaries(const fixture *self)
{
	g_autofree char *list = scratch_list(self->scratch, "dir");
	g_auto(GStrv) names = g_strsplit(g_strchomp(list), " ", -1);

	for (gsize i = 0; names[i] != NULL; i++)
		g_assert_true(strcmp(names[i], "file") == 0 || durable_is_temporary(names[i]));
	g_assert_cmpuint(g_strv_length(names), <=, 2);
}

/* The process dies at each step in turn. */
static void test_killed(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	bool was_old = false, was_new = false;
	int step = 0;

	do {
		g_autoptr(GError) error = NULL;
		g_autofree char *text = NULL;

		/* This also proves that the remains of the last crash do not matter. */
		g_assert_true(replace(self, OLD, &error));
		g_assert_no_error(error);
		assert_names(self, "file ");
		if (!replace_and_die(self, ++step))
			break;
		assert_only_temporaries(self);
		text = scratch_read(self->scratch, "dir/file");
		g_assert_true(strcmp(text, OLD) == 0 || strcmp(text, NEW) == 0);
		was_old = was_old || strcmp(text, OLD) == 0;
		was_new = was_new || strcmp(text, NEW) == 0;
	} while (step < 1000);
	/* A write for each seven bytes, and five other calls. */
	g_assert_cmpint(step - 1, ==, ((int)strlen(NEW) + 6) / 7 + 5);
	g_assert_true(was_old && was_new);
}

static void test_remove(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(replace(self, OLD, &error));
	g_assert_true(durable_remove(self->dir_fd, "file", &error));
	g_assert_true(durable_remove(self->dir_fd, "file", &error));
	g_assert_no_error(error);
	assert_names(self, "");
	for (int step = 1; step <= 2; step++) {
		g_assert_true(replace(self, OLD, &error));
		count_from_here();
		fault.fail_step = step;
		fault.fail_errno = EIO;
		g_assert_false(durable_remove(self->dir_fd, "file", &error));
		fault.resting = true;
		g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
		g_clear_error(&error);
	}
}

static void assert_unreadable(const fixture *self, const char *name, gsize max_bytes, int number)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(durable_read(self->dir_fd, name, max_bytes, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	g_assert_nonnull(strstr(error->message, name));
	g_assert_nonnull(strstr(error->message, g_strerror(number)));
}

static void test_read(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *big = g_strnfill(10000, 'b');
	g_autoptr(GError) error = NULL;

	g_assert_null(durable_read(self->dir_fd, "missing", 4096, &error));
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT);

	scratch_write(self->scratch, "dir/file", NEW);
	g_assert_cmpint(symlink("file", scratch_path(self->scratch, "dir/link")), ==, 0);
	g_assert_cmpint(symlink("/nonexistent", scratch_path(self->scratch, "dir/gone")), ==, 0);
	g_assert_cmpint(mkfifo(scratch_path(self->scratch, "dir/fifo"), 0600), ==, 0);
	scratch_mkdir(self->scratch, "dir/folder");
	scratch_write(self->scratch, "dir/big", big);
	assert_text(self, "file", NEW);
	assert_unreadable(self, "link", 4096, ELOOP);
	assert_unreadable(self, "gone", 4096, ELOOP);
	assert_unreadable(self, "fifo", 4096, EINVAL);
	assert_unreadable(self, "folder", 4096, EINVAL);
	assert_unreadable(self, "big", 4096, EFBIG);
	assert_unreadable(self, "file", strlen(NEW) - 1, EFBIG);

	count_from_here();
	fault.fail_step = 2;
	fault.fail_errno = EIO;
	assert_unreadable(self, "file", 4096, EIO);
}

/* If a link has the name of the temporary file, its target is not touched. */
static void test_hostile_temporary(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, "file", -1);
	g_autofree char *name = g_strconcat("dir/.new-", digest, NULL);
	g_autofree char *victim = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_true(durable_is_temporary(name + strlen("dir/")));
	g_assert_false(durable_is_temporary("file"));
	scratch_write(self->scratch, "victim", OLD);
	g_assert_cmpint(symlink("../victim", scratch_path(self->scratch, name)), ==, 0);
	g_assert_false(replace(self, NEW, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	victim = scratch_read(self->scratch, "victim");
	g_assert_cmpstr(victim, ==, OLD);
}

static void test_tidy(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *names = NULL;

	g_assert_true(durable_stage(self->dir_fd, "file", NEW, strlen(NEW), NULL));
	scratch_write(self->scratch, "dir/other", OLD);
	scratch_write(self->scratch, "dir/.hidden", OLD);
	durable_tidy(self->dir_fd);
	names = scratch_list(self->scratch, "dir");
	g_assert_cmpstr(names, ==, ".hidden other ");
}

#define ADD(name, data, function)                                                                  \
	g_test_add("/durable/" name, fixture, data, set_up, function, tear_down)

int main(int argc, char **argv)
{
	static const int no_space = ENOSPC, io = EIO, read_only = EROFS;

	g_test_init(&argc, &argv, NULL);
	ADD("replace", NULL, test_replace);
	ADD("longest-name", NULL, test_longest_name);
	ADD("stage-and-publish", NULL, test_stage_and_publish);
	ADD("in-pieces", NULL, test_in_pieces);
	ADD("failing/no-space", &no_space, test_failing);
	ADD("failing/io", &io, test_failing);
	ADD("failing/read-only", &read_only, test_failing);
	ADD("killed", NULL, test_killed);
	ADD("remove", NULL, test_remove);
	ADD("read", NULL, test_read);
	ADD("hostile-temporary", NULL, test_hostile_temporary);
	ADD("tidy", NULL, test_tidy);
	return g_test_run();
}
