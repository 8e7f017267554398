/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/sm_dir.h"

#include "base/error.h"
#include "fault.h"
#include "nsm/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define RECORD                                                                                     \
	"0100007f 000186b5 00000003 00000010 000cdda50c0000000070b67400000000 10.99.0.21 node1\n"

/* The system calls of a put are wrapped by the linker (--wrap). */
static struct {
	bool no_noreplace;
	bool no_syncfs;
	int fsyncs; /* calls that succeeded */
	int syncfses;
} filesystem;

static void be_faultless(void)
{
	fault = (struct fault){0};
	memset(&filesystem, 0, sizeof(filesystem));
}

ssize_t __real_write(int fd, const void *bytes, size_t length);
ssize_t __wrap_write(int fd, const void *bytes, size_t length);
int __real_fchown(int fd, uid_t owner, gid_t group);
int __wrap_fchown(int fd, uid_t owner, gid_t group);
int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode);
int __real_futimens(int fd, const struct timespec times[2]);
int __wrap_futimens(int fd, const struct timespec times[2]);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_syncfs(int fd);
int __wrap_syncfs(int fd);
int __real_renameat2(
	int from_dir, const char *from, int to_dir, const char *to, unsigned int flags);
int __wrap_renameat2(
	int from_dir, const char *from, int to_dir, const char *to, unsigned int flags);
int __real_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags);
int __wrap_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags);

ssize_t __wrap_write(int fd, const void *bytes, size_t length)
{
	if (fault_interrupts() || fault_strikes())
		return -1;
	return __real_write(fd, bytes, fault_length(length));
}

int __wrap_fchown(int fd, uid_t owner, gid_t group)
{
	return fault_strikes() ? -1 : __real_fchown(fd, owner, group);
}

int __wrap_fchmod(int fd, mode_t mode)
{
	return fault_strikes() ? -1 : __real_fchmod(fd, mode);
}

int __wrap_futimens(int fd, const struct timespec times[2])
{
	return fault_strikes() ? -1 : __real_futimens(fd, times);
}

int __wrap_fsync(int fd)
{
	if (fault_interrupts() || fault_strikes())
		return -1;
	filesystem.fsyncs++;
	return __real_fsync(fd);
}

int __wrap_syncfs(int fd)
{
	if (filesystem.no_syncfs) {
		errno = EIO;
		return -1;
	}
	filesystem.syncfses++;
	return __real_syncfs(fd);
}

int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned int flags)
{
	if (fault_strikes())
		return -1;
	if (filesystem.no_noreplace) {
		errno = EINVAL;
		return -1;
	}
	return __real_renameat2(from_dir, from, to_dir, to, flags);
}

int __wrap_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	return fault_strikes() ? -1 : __real_linkat(from_dir, from, to_dir, to, flags);
}

typedef struct fixture {
	char *path;
	sm_dir *dir;
} fixture;

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	be_faultless();
	self->path = g_dir_make_tmp("test_sm_dir.XXXXXX", &error);
	g_assert_no_error(error);
	self->dir = sm_dir_open(self->path, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(sm_dir_path(self->dir), ==, self->path);
}

/* Lists everything below the directory, with dot files. */
static GPtrArray *list_names(const char *path)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	DIR *stream = opendir(path);
	const struct dirent *entry;

	g_assert_nonnull(stream);
	while ((entry = readdir(stream)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			g_ptr_array_add(names, g_strdup(entry->d_name));
	closedir(stream);
	return names;
}

static void remove_all(const char *path)
{
	g_autoptr(GPtrArray) names = list_names(path);

	for (guint i = 0; i < names->len; i++) {
		g_autofree char *entry = g_build_filename(path, g_ptr_array_index(names, i), NULL);

		g_assert_cmpint(remove(entry), ==, 0);
	}
	g_assert_cmpint(rmdir(path), ==, 0);
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	be_faultless();
	g_clear_pointer(&self->dir, sm_dir_close);
	if (g_file_test(self->path, G_FILE_TEST_EXISTS))
		remove_all(self->path);
	g_free(self->path);
}

/* g_file_set_contents() does not work here: its temporary names are longer than the longest
 * name. */
static void make_file(const fixture *self, const char *name, const char *contents, gssize length)
{
	g_autofree char *path = g_build_filename(self->path, name, NULL);
	size_t bytes = length < 0 ? strlen(contents) : (size_t)length;
	FILE *file = fopen(path, "wx");

	g_assert_nonnull(file);
	g_assert_cmpuint(fwrite(contents, 1, bytes, file), ==, bytes);
	g_assert_cmpint(fclose(file), ==, 0);
}

static sm_file *find(GPtrArray *files, const char *name)
{
	for (guint i = 0; i < files->len; i++) {
		sm_file *file = g_ptr_array_index(files, i);

		if (strcmp(file->name, name) == 0)
			return file;
	}
	g_error("'%s' was not scanned", name);
}

static void take_file(sm_file *file, void *data)
{
	g_ptr_array_add(data, file);
}

static GPtrArray *scan(sm_dir *dir, GError **error)
{
	GPtrArray *files = g_ptr_array_new_with_free_func((GDestroyNotify)sm_file_free);

	g_assert_cmpint(sm_dir_scan(dir, take_file, files, error), ==, *error == NULL);
	return files;
}

static void assert_good(const sm_file *file, const char *contents)
{
	gsize length;
	const char *raw;

	g_assert_null(file->problem);
	g_assert_nonnull(file->raw);
	g_assert_nonnull(file->records);
	g_assert_cmpuint(file->records->len, >=, 1);
	raw = g_bytes_get_data(file->raw, &length);
	g_assert_cmpmem(raw, length, contents, strlen(contents));
}

static void assert_problem(const sm_file *file, const char *says)
{
	g_assert_null(file->raw);
	g_assert_null(file->records);
	g_assert_nonnull(file->problem);
	if (!strstr(file->problem, says))
		g_error("'%s' does not say '%s'", file->problem, says);
}

static void test_scan(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *longest = g_strnfill(SM_NAME_MAX_BYTES, 'x');
	g_autoptr(GError) error = NULL;

	make_file(self, "client", RECORD, -1);
	make_file(self, "10.99.0.22", RECORD RECORD, -1);
	make_file(self, longest, RECORD, -1);
	make_file(self, ".client.new", RECORD, -1);
	make_file(self, "client.new", RECORD RECORD, -1); /* statd is about to rename it */
	make_file(self, "host.new", RECORD, -1);          /* a host may have such a name */
	make_file(self, "empty", "", 0);
	make_file(self, "cut-off", RECORD, 40);

	g_autoptr(GPtrArray) files = scan(self->dir, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(files->len, ==, 6);
	assert_good(find(files, "host.new"), RECORD);
	g_assert_null(sm_dir_read(self->dir, "client.new"));
	assert_good(find(files, "client"), RECORD);
	assert_good(find(files, "10.99.0.22"), RECORD RECORD);
	g_assert_cmpuint(find(files, "10.99.0.22")->records->len, ==, 2);
	assert_good(find(files, longest), RECORD);
	assert_problem(find(files, "empty"),
		"'empty' is not a file of statd and was ignored: it is empty");
	assert_problem(find(files, "cut-off"), "line 1: the private cookie");
}

static void test_scan_again(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	for (guint count = 0; count < 3; count++) {
		g_autofree char *name = g_strdup_printf("client%u", count);
		g_autoptr(GError) error = NULL;
		g_autoptr(GPtrArray) files = scan(self->dir, &error);

		g_assert_no_error(error);
		g_assert_cmpuint(files->len, ==, count);
		make_file(self, name, RECORD, -1);
	}
}

static void make_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_assert_cmpuint(g_strlcpy(address.sun_path, path, sizeof(address.sun_path)), <,
		sizeof(address.sun_path));
	g_assert_cmpint(bind(fd, (const struct sockaddr *)&address, sizeof(address)), ==, 0);
	close(fd);
}

static void test_hostile(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *fifo = g_build_filename(self->path, "fifo", NULL);
	g_autofree char *link_to_file = g_build_filename(self->path, "link", NULL);
	g_autofree char *dangling = g_build_filename(self->path, "dangling", NULL);
	g_autofree char *folder = g_build_filename(self->path, "folder", NULL);
	g_autofree char *unix_socket = g_build_filename(self->path, "socket", NULL);
	g_autofree char *device = g_build_filename(self->path, "device", NULL);
	g_autofree char *long_text = g_strnfill(SM_FILE_MAX_BYTES + 1, 'x');
	g_autoptr(GError) error = NULL;
	bool have_device = mknod(device, S_IFCHR | 0600, makedev(1, 5)) == 0;

	g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
	g_assert_cmpint(symlink("client", link_to_file), ==, 0);
	g_assert_cmpint(symlink("/nonexistent", dangling), ==, 0);
	g_assert_cmpint(mkdir(folder, 0700), ==, 0);
	make_socket(unix_socket);
	make_file(self, "client", RECORD, -1);
	make_file(self, "long", long_text, -1);
	make_file(self, "with blank", RECORD, -1);
	make_file(self, "\x1b[31mred\n", RECORD, -1);
	make_file(self, "\xff\xfe", RECORD, -1);
	make_file(self, "binary", "\0\1\2\n", 4);

	g_autoptr(GPtrArray) files = scan(self->dir, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(files->len, ==, have_device ? 12 : 11);
	assert_good(find(files, "client"), RECORD);
	assert_problem(find(files, "fifo"), "a FIFO");
	assert_problem(find(files, "link"), "a symbolic link");
	assert_problem(find(files, "dangling"), "a symbolic link");
	assert_problem(find(files, "folder"), "a directory");
	assert_problem(find(files, "socket"), "a socket");
	/* /dev/zero by another name; it has no end. */
	if (have_device)
		assert_problem(find(files, "device"), "a device");
	assert_problem(find(files, "long"), "longer than");
	assert_problem(find(files, "with blank"), "'with blank'");
	assert_problem(find(files, "\x1b[31mred\n"), "'\\033[31mred\\n'");
	assert_problem(find(files, "\xff\xfe"), "'\\377\\376'");
	assert_problem(find(files, "binary"), "NUL");
}

static void test_read(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	make_file(self, "client", RECORD, -1);

	g_autoptr(sm_file) file = sm_dir_read(self->dir, "client");
	assert_good(file, RECORD);
	g_assert_cmpstr(file->name, ==, "client");

	g_assert_null(sm_dir_read(self->dir, "gone"));

	g_autoptr(sm_file) outside = sm_dir_read(self->dir, "../etc/passwd");
	assert_problem(outside, "dot");
	g_autoptr(sm_file) absolute = sm_dir_read(self->dir, "/etc/passwd");
	assert_problem(absolute, "slash");
}

static void test_open(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *missing = g_build_filename(self->path, "missing", NULL);
	g_autofree char *file = g_build_filename(self->path, "file", NULL);
	g_autoptr(GError) error = NULL;

	make_file(self, "file", RECORD, -1);
	g_assert_null(sm_dir_open(missing, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED);
	g_clear_error(&error);
	g_assert_null(sm_dir_open(file, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_ARGUMENT);
}

/* The directory is used by its descriptor. If it is renamed or replaced, nothing changes. */
static void test_renamed(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *moved = g_strconcat(self->path, ".moved", NULL);
	g_autoptr(GBytes) raw = g_bytes_new_static(RECORD, strlen(RECORD));
	g_autoptr(GError) error = NULL;
	bool made;

	g_assert_cmpint(rename(self->path, moved), ==, 0);
	g_assert_true(sm_dir_put(self->dir, "client", raw, &made, &error));
	g_autoptr(GPtrArray) files = scan(self->dir, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(files->len, ==, 1);
	g_assert_cmpint(rename(moved, self->path), ==, 0);
}

static void assert_only(const fixture *self, const char *name)
{
	g_autoptr(GPtrArray) names = list_names(self->path);

	g_assert_cmpuint(names->len, ==, name ? 1 : 0);
	if (name)
		g_assert_cmpstr(g_ptr_array_index(names, 0), ==, name);
}

static void test_put(fixture *self, gconstpointer data)
{
	const char *name = data;
	g_autofree char *path = g_build_filename(self->path, name, NULL);
	g_autoptr(GBytes) raw = g_bytes_new_static(RECORD, strlen(RECORD));
	g_autoptr(GBytes) other = g_bytes_new_static(RECORD RECORD, strlen(RECORD RECORD));
	g_autoptr(GError) error = NULL;
	mode_t mask = umask(0);
	struct stat status;
	bool made = false;

	/* Owned by statd's user, if this test may do that. */
	if (geteuid() == 0)
		g_assert_cmpint(chown(self->path, 4711, 4712), ==, 0);
	g_assert_true(sm_dir_put(self->dir, name, raw, &made, &error));
	g_assert_no_error(error);
	g_assert_true(made);
	umask(mask);

	g_assert_cmpint(stat(path, &status), ==, 0);
	g_assert_cmpuint(status.st_mode, ==, S_IFREG | 0600);
	g_assert_cmpuint(status.st_uid, ==, geteuid() == 0 ? 4711 : geteuid());
	if (geteuid() == 0)
		g_assert_cmpuint(status.st_gid, ==, 4712);
	g_assert_cmpuint(status.st_nlink, ==, 1);
	g_assert_cmpint(status.st_mtim.tv_sec, ==, 0);
	g_assert_cmpint(status.st_mtim.tv_nsec, ==, 0);

	/* An existing file is not changed. */
	g_assert_true(sm_dir_put(self->dir, name, other, &made, &error));
	g_assert_no_error(error);
	g_assert_false(made);
	g_autoptr(sm_file) file = sm_dir_read(self->dir, name);
	assert_good(file, RECORD);
	assert_only(self, name);
}

static void test_put_without_noreplace(fixture *self, gconstpointer data)
{
	filesystem.no_noreplace = true;
	test_put(self, data);
}

static void test_put_in_pieces(fixture *self, gconstpointer data)
{
	fault.short_writes = true;
	fault.interrupting = true;
	test_put(self, data);
	/* The file is synced once, the directory twice. */
	g_assert_cmpint(fault.interruptions, >=, 3 + (int)strlen(RECORD) / 7);
}

static void test_put_refused(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const names[] = {
		"", ".", "..", ".client.new", "../client", "a/b", "a b", "\xff"};
	static const char *const contents[] = {"", "x", "10.99.0.21\n"};
	g_autoptr(GBytes) raw = g_bytes_new_static(RECORD, strlen(RECORD));
	bool made;

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(GError) error = NULL;

		made = true;
		g_assert_false(sm_dir_put(self->dir, names[i], raw, &made, &error));
		g_assert_error(error, LF_ERROR, LF_ERROR_ARGUMENT);
		g_assert_false(made);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(contents); i++) {
		g_autoptr(GBytes) bad = g_bytes_new_static(contents[i], strlen(contents[i]));
		g_autoptr(GError) error = NULL;

		g_assert_false(sm_dir_put(self->dir, "client", bad, &made, &error));
		g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	}
	assert_only(self, NULL);
}

/* If something that is not a file, or a link out of the directory, has the name, it is not
 * changed. */
static void test_put_on_link(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *victim = g_build_filename(self->path, "victim", NULL);
	g_autofree char *link_path = g_build_filename(self->path, "client", NULL);
	g_autoptr(GBytes) raw = g_bytes_new_static(RECORD, strlen(RECORD));
	g_autoptr(GError) error = NULL;
	bool made = true;

	g_assert_cmpint(symlink("victim", link_path), ==, 0);
	g_assert_true(sm_dir_put(self->dir, "client", raw, &made, &error));
	g_assert_no_error(error);
	g_assert_false(made);
	g_assert_false(g_file_test(victim, G_FILE_TEST_EXISTS));
	assert_only(self, "client");
}

static void test_put_directory_gone(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GBytes) raw = g_bytes_new_static(RECORD, strlen(RECORD));
	g_autoptr(GError) error = NULL;
	bool made = true;

	g_assert_cmpint(rmdir(self->path), ==, 0);
	g_assert_false(sm_dir_put(self->dir, "client", raw, &made, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	g_assert_nonnull(strstr(error->message, "failed to create a temporary file"));
	g_assert_false(made);
}

/* Each step fails in turn; then the put is repeated without a fault. */
static void test_put_failing(fixture *self, gconstpointer data)
{
	const int *no_noreplace = data;
	g_autoptr(GBytes) raw = g_bytes_new_static(RECORD, strlen(RECORD));
	int step;

	for (step = 1;; step++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *path = g_build_filename(self->path, "client", NULL);
		bool made = true;

		be_faultless();
		filesystem.no_noreplace = *no_noreplace;
		fault.fail_step = step;
		fault.fail_errno = ENOSPC;
		bool done = sm_dir_put(self->dir, "client", raw, &made, &error);
		if (fault.step < step) {
			g_assert_true(done);
			break;
		}
		g_assert_false(done);
		g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
		g_assert_nonnull(strstr(error->message, g_strerror(ENOSPC)));
		assert_only(self, made ? "client" : NULL);

		const int steps_again = made ? 1 : 7;
		be_faultless();
		g_clear_error(&error);
		g_assert_true(sm_dir_put(self->dir, "client", raw, &made, &error));
		g_assert_no_error(error);
		/* The directory was synced, whoever made the file. */
		g_assert_cmpint(fault.step, ==, steps_again);
		g_assert_cmpint(unlink(path), ==, 0);
	}
	/* write, fchown, fchmod, futimens, fsync, the move (two calls where there is no
	 * noreplace), fsync */
	g_assert_cmpint(step - 1, ==, *no_noreplace ? 8 : 7);
}

/* Each file is put by itself: a fault of one does not affect the others. */
static void test_put_many(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	enum { COUNT = 300, GOOD = COUNT - 3 };
	g_autoptr(GBytes) raw = g_bytes_new_static(RECORD, strlen(RECORD));
	g_autoptr(GBytes) bad = g_bytes_new_static("bad", 3);
	g_autofree sm_put *puts = g_new0(sm_put, COUNT);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < COUNT; i++) {
		g_ptr_array_add(names, g_strdup_printf("client%03u", i));
		puts[i] = (sm_put){.name = g_ptr_array_index(names, i), .raw = raw};
	}
	puts[1].name = "../client";
	puts[150].raw = bad;
	make_file(self, "client299", RECORD RECORD, -1);
	sm_dir_put_many(self->dir, puts, COUNT);
	for (guint i = 0; i < COUNT; i++) {
		g_assert_cmpint(puts[i].made, ==, i != 1 && i != 150 && i != 299);
		g_assert_cmpint(puts[i].error != NULL, ==, i == 1 || i == 150);
		g_clear_error(&puts[i].error);
	}
	g_autoptr(GPtrArray) files = scan(self->dir, &error);
	g_assert_cmpuint(files->len, ==, GOOD + 1);
	assert_good(find(files, "client000"), RECORD);
	assert_good(find(files, "client299"), RECORD RECORD);
	sm_dir_put_many(self->dir, puts, 0);
	g_autoptr(GPtrArray) names_there = list_names(self->path);
	g_assert_cmpuint(names_there->len, ==, GOOD + 1);
}

/* Many files are synced together. A few files, and many if that fails, are synced one by one. */
static void test_put_many_synced(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	enum { MANY = 100, FEW = 10 };
	g_autoptr(GBytes) raw = g_bytes_new_static(RECORD, strlen(RECORD));

	for (guint round = 0; round < 3; round++) {
		const guint count = round == 1 ? FEW : MANY;
		sm_put puts[MANY];
		char names[MANY][32];

		be_faultless();
		filesystem.no_syncfs = round == 2;
		for (guint i = 0; i < count; i++) {
			snprintf(names[i], sizeof(names[i]), "client%u-%u", round, i);
			puts[i] = (sm_put){.name = names[i], .raw = raw};
		}
		sm_dir_put_many(self->dir, puts, count);
		for (guint i = 0; i < count; i++)
			g_assert_true(puts[i].made && !puts[i].error);
		g_assert_cmpint(filesystem.syncfses, ==, round == 0);
		g_assert_cmpint(filesystem.fsyncs, ==, 1 + (round == 0 ? 0 : (int)count));
	}
}

static void test_put_not_allowed(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GBytes) raw = g_bytes_new_static(RECORD, strlen(RECORD));
	g_autoptr(GError) error = NULL;
	bool made;

	fault.fail_step = 2;
	fault.fail_errno = EPERM;
	g_assert_false(sm_dir_put(self->dir, "client", raw, &made, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_PRIVILEGE);
	g_assert_nonnull(strstr(error->message, "statd's user"));
}

/* Puts a file in a process that dies before `step`. Returns false if it did not die. */
static bool put_and_die(fixture *self, GBytes *raw, int step, bool no_noreplace)
{
	pid_t child = fork();
	int status;

	g_assert_cmpint(child, >=, 0);
	if (child == 0) {
		bool made;

		be_faultless();
		fault.kill_step = step;
		fault.short_writes = true;
		filesystem.no_noreplace = no_noreplace;
		_exit(sm_dir_put(self->dir, "client", raw, &made, NULL) ? 0 : 1);
	}
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	if (WIFSIGNALED(status)) {
		g_assert_cmpint(WTERMSIG(status), ==, SIGKILL);
		return true;
	}
	g_assert_cmpint(WEXITSTATUS(status), ==, 0);
	return false;
}

/* The process dies at each step in turn: a reader sees the whole file or none. */
static void test_put_killed(fixture *self, gconstpointer data)
{
	const int *no_noreplace = data;
	g_autoptr(GBytes) raw = g_bytes_new_static(RECORD, strlen(RECORD));
	g_autofree char *path = g_build_filename(self->path, "client", NULL);
	bool was_seen = false, was_missing = false;
	int step;

	for (step = 1; put_and_die(self, raw, step, *no_noreplace); step++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GPtrArray) files = scan(self->dir, &error);
		bool made;

		g_assert_no_error(error);
		g_assert_cmpuint(files->len, <=, 1);
		if (files->len)
			assert_good(g_ptr_array_index(files, 0), RECORD);
		was_seen = was_seen || files->len;
		was_missing = was_missing || !files->len;

		g_assert_true(sm_dir_put(self->dir, "client", raw, &made, &error));
		g_assert_no_error(error);
		g_assert_cmpint(made, ==, !files->len);
		g_assert_cmpint(unlink(path), ==, 0);
	}
	g_assert_cmpint(step, >, 10);
	g_assert_true(was_seen && was_missing);
}

/* A running put has locked its temporary file. */
static void test_tidy(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const stay[] = {".lockferry-0000000b", ".other", "client"};
	g_autofree char *used = g_build_filename(self->path, stay[0], NULL);
	int fd;

	make_file(self, ".lockferry-0000000a", "half a rec", -1);
	for (gsize i = 0; i < G_N_ELEMENTS(stay); i++)
		make_file(self, stay[i], RECORD, -1);
	fd = open(used, O_RDONLY);
	g_assert_cmpint(flock(fd, LOCK_EX), ==, 0);
	sm_dir_tidy(self->dir);

	g_autoptr(GPtrArray) names = list_names(self->path);
	g_assert_cmpuint(names->len, ==, G_N_ELEMENTS(stay));
	for (gsize i = 0; i < G_N_ELEMENTS(stay); i++)
		g_assert_true(g_ptr_array_find_with_equal_func(names, stay[i], g_str_equal, NULL));
	close(fd);
}

/* Puts an nfsconf of the test before the one of the node. */
static void use_nfsconf(const fixture *self, const char *script)
{
	g_autofree char *path = g_build_filename(self->path, "nfsconf", NULL);

	remove(path);
	make_file(self, "nfsconf", script, -1);
	g_assert_cmpint(chmod(path, 0700), ==, 0);
	g_setenv("PATH", self->path, TRUE);
}

static void test_find(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *path = g_strdup(g_getenv("PATH"));
	g_autofree char *sm = g_build_filename(self->path, "sm", NULL);
	g_autofree char *script = g_strdup_printf(
		"#!/bin/sh\n[ \"$*\" = '--get statd state-directory-path' ] || exit 9\necho '%s'\n",
		self->path);
	g_autoptr(GError) error = NULL;

	use_nfsconf(self, script);
	g_assert_null(sm_dir_find(self->path, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED);
	g_assert_nonnull(strstr(error->message, sm));
	g_clear_error(&error);

	g_assert_cmpint(mkdir(sm, 0700), ==, 0);
	g_autofree char *found = sm_dir_find(self->path, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(found, ==, sm);

	/* Does what nfsconf does if nothing is set. The result then depends on this machine. */
	use_nfsconf(self, "#!/bin/sh\nexit 1\n");
	g_autofree char *usual = sm_dir_find(self->path, &error);
	if (usual)
		g_assert_true(strcmp(usual, "/var/lib/nfs/statd/sm") == 0 ||
			      strcmp(usual, "/var/lib/nfs/sm") == 0);
	else
		g_assert_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED);
	g_setenv("PATH", path, TRUE);
}

#define ADD(name, data, function)                                                                  \
	g_test_add("/sm_dir/" name, fixture, data, set_up, function, tear_down)

int main(int argc, char **argv)
{
	static char longest[SM_NAME_MAX_BYTES + 1];
	static const int yes = 1, no = 0;

	g_test_init(&argc, &argv, NULL);
	memset(longest, 'x', SM_NAME_MAX_BYTES);
	ADD("scan", NULL, test_scan);
	ADD("scan-again", NULL, test_scan_again);
	ADD("hostile", NULL, test_hostile);
	ADD("read", NULL, test_read);
	ADD("open", NULL, test_open);
	ADD("renamed", NULL, test_renamed);
	ADD("put", "10.99.0.21", test_put);
	ADD("put/longest-name", longest, test_put);
	ADD("put/without-noreplace", "client", test_put_without_noreplace);
	ADD("put/in-pieces", "client", test_put_in_pieces);
	ADD("put/refused", NULL, test_put_refused);
	ADD("put/on-link", NULL, test_put_on_link);
	ADD("put/directory-gone", NULL, test_put_directory_gone);
	ADD("put/failing", &no, test_put_failing);
	ADD("put/failing-without-noreplace", &yes, test_put_failing);
	ADD("put/many", NULL, test_put_many);
	ADD("put/many-synced", NULL, test_put_many_synced);
	ADD("put/not-allowed", NULL, test_put_not_allowed);
	ADD("put/killed", &no, test_put_killed);
	ADD("put/killed-without-noreplace", &yes, test_put_killed);
	ADD("tidy", NULL, test_tidy);
	ADD("find", NULL, test_find);
	return g_test_run();
}
