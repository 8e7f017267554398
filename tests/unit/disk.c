/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WITH_MODE (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))

static bool watching;
static struct disk_plan plan;
static int steps;

/* How many files with unsynced changes are noted. */
#define INODES_MAX 4096
static struct inode {
	dev_t device;
	ino_t number;
} inodes[INODES_MAX];
static int n_inodes;

/* How many synced files are noted; only the last ones. */
#define SYNCED_MAX 256
static struct inode synced[SYNCED_MAX];
static int n_synced;

static void note_synced(int fd)
{
	struct stat st;

	if (watching && fstat(fd, &st) == 0)
		synced[n_synced++ % SYNCED_MAX] =
			(struct inode){.device = st.st_dev, .number = st.st_ino};
}

bool disk_was_synced(const char *path)
{
	struct stat st;

	g_assert_cmpint(stat(path, &st), ==, 0);
	for (int i = 0; i < MIN(n_synced, SYNCED_MAX); i++) {
		if (synced[i].device == st.st_dev && synced[i].number == st.st_ino)
			return true;
	}
	return false;
}

void disk_watch(const struct disk_plan *with)
{
	n_synced = 0;
	plan = *with;
	steps = 0;
	n_inodes = 0;
	watching = true;
}

int disk_let_be(void)
{
	watching = false;
	return steps;
}

int disk_unsynced(void)
{
	return n_inodes;
}

/* Whether this call must fail. */
static bool is_faulty(void)
{
	if (!watching)
		return false;
	steps++;
	if (steps == plan.kill_step)
		raise(SIGKILL);
	if (plan.fail_step == 0 || steps < plan.fail_step ||
		(steps > plan.fail_step && !plan.for_good))
		return false;
	errno = plan.fail_errno;
	return true;
}

static int find_inode(const struct stat *st)
{
	for (int i = 0; i < n_inodes; i++) {
		if (inodes[i].device == st->st_dev && inodes[i].number == st->st_ino)
			return i;
	}
	return -1;
}

static void set_changed(const struct stat *st, bool changed)
{
	int place = find_inode(st);

	if (!changed && place >= 0)
		inodes[place] = inodes[--n_inodes];
	else if (changed && place < 0 && n_inodes < INODES_MAX)
		inodes[n_inodes++] = (struct inode){.device = st->st_dev, .number = st->st_ino};
}

static void note_fd(int fd, bool changed)
{
	int saved_errno = errno;
	struct stat st;

	if (watching && fstat(fd, &st) == 0)
		set_changed(&st, changed);
	errno = saved_errno;
}

/* Notes a change of the directory that contains a path. */
static void note_directory_of(int dir_fd, const char *path)
{
	g_autofree char *dir = g_path_get_dirname(path);
	int saved_errno = errno;
	struct stat st;

	if (watching && fstatat(dir_fd, dir, &st, 0) == 0)
		set_changed(&st, true);
	errno = saved_errno;
}

static bool is_there(int dir_fd, const char *path)
{
	struct stat st;

	return fstatat(dir_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A file that was removed needs no sync, but its directory does. */
static int note_removal(int dir_fd, const char *path, long result, const struct stat *st)
{
	if (watching && result == 0) {
		set_changed(st, false);
		note_directory_of(dir_fd, path);
	}
	return (int)result;
}

static int open_file(int dir_fd, const char *path, int flags, mode_t mode)
{
	bool making = (flags & WITH_MODE) != 0;
	bool was_there = making && watching && is_there(dir_fd, path);
	int fd;

	if (making && is_faulty())
		return -1;
	fd = (int)syscall(SYS_openat, dir_fd, path, flags, mode);
	if ((flags & O_CREAT) && fd >= 0 && !was_there)
		note_directory_of(dir_fd, path);
	if (fd >= 0 && (flags & O_TRUNC))
		note_fd(fd, false);
	return fd;
}

int open64(const char *path, int flags, ...)
{
	mode_t mode;
	va_list args;

	va_start(args, flags);
	mode = flags & WITH_MODE ? va_arg(args, mode_t) : 0;
	va_end(args);
	return open_file(AT_FDCWD, path, flags, mode);
}

int openat64(int dir_fd, const char *path, int flags, ...)
{
	mode_t mode;
	va_list args;

	va_start(args, flags);
	mode = flags & WITH_MODE ? va_arg(args, mode_t) : 0;
	va_end(args);
	return open_file(dir_fd, path, flags, mode);
}

ssize_t write(int fd, const void *bytes, size_t length)
{
	if (is_faulty())
		return -1;
	note_fd(fd, true);
	return syscall(SYS_write, fd, bytes, length);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset)
{
	if (is_faulty())
		return -1;
	note_fd(fd, true);
	return syscall(SYS_pwrite64, fd, bytes, length, offset);
}

int ftruncate64(int fd, off64_t length)
{
	if (is_faulty())
		return -1;
	note_fd(fd, length > 0);
	return (int)syscall(SYS_ftruncate, fd, length);
}

static int sync_file(int fd, long number)
{
	int result;

	if (is_faulty())
		return -1;
	result = (int)syscall(number, fd);
	if (result == 0) {
		note_fd(fd, false);
		note_synced(fd);
	}
	return result;
}

int fsync(int fd)
{
	return sync_file(fd, SYS_fsync);
}

int fdatasync(int fd)
{
	return sync_file(fd, SYS_fdatasync);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	int result;

	if (is_faulty())
		return -1;
	result = (int)syscall(SYS_renameat, from_dir, from, to_dir, to);
	if (result == 0) {
		note_directory_of(from_dir, from);
		note_directory_of(to_dir, to);
	}
	return result;
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	int result;

	if (is_faulty())
		return -1;
	result = (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
	if (result == 0)
		note_directory_of(to_dir, to);
	return result;
}

int unlinkat(int dir_fd, const char *path, int flags)
{
	struct stat st;

	if (fstatat(dir_fd, path, &st, AT_SYMLINK_NOFOLLOW) != 0 || is_faulty())
		return -1;
	return note_removal(dir_fd, path, syscall(SYS_unlinkat, dir_fd, path, flags), &st);
}

int unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int mkdirat(int dir_fd, const char *path, mode_t mode)
{
	int result;

	if (is_faulty())
		return -1;
	result = (int)syscall(SYS_mkdirat, dir_fd, path, mode);
	if (result == 0)
		note_directory_of(dir_fd, path);
	return result;
}

int mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

/* A file without a name ends with its descriptor. */
int close(int fd)
{
	struct stat st;

	if (watching && fstat(fd, &st) == 0 && st.st_nlink == 0)
		set_changed(&st, false);
	return (int)syscall(SYS_close, fd);
}
