/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The C library's calls for files, for the program and the libraries that it uses, GLib and SQLite
 * too: what is below SIM_ROOT is simulated (disk.h), and so are the few files of /proc/self that
 * the product reads. Everything else is the system's.
 */

/* Both names of each call are defined here, so neither may stand for the other. */
#undef _FILE_OFFSET_BITS

#include "files.h"

#include "node.h"
#include "open_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void unlock(struct open_file *file)
{
	if (file->inode == NULL || file->inode->locked_by != file)
		return;
	file->inode->locked_by = NULL;
	if (file->inode->lock_waiters != NULL)
		fiber_wake_all(file->inode->lock_waiters);
}

/* Opening and closing */

static int open_inode(struct inode *inode, int flags)
{
	if ((flags & O_DIRECTORY) && !S_ISDIR(inode->mode))
		return file_fails(ENOTDIR);
	if ((flags & O_TRUNC) && inode->data != NULL && inode->data->len > 0) {
		if (!disk_may_write(inode->volume, 0))
			return -1;
		g_byte_array_set_size(inode->data, 0);
		inode->dirty = true;
		inode->dirty_by = sim_actor != NULL ? sim_actor->node : NULL;
		inode_touch(inode);
	}
	return open_file_new(inode, flags);
}

static int make_file(const struct place *place, int flags, mode_t mode)
{
	struct inode *made;
	int fd;

	if (!disk_may_write(place->dir->volume, 1))
		return -1;
	made = inode_new(place->dir->volume, S_IFREG | mode);
	made->dirty = true;
	made->dirty_by = sim_actor != NULL ? sim_actor->node : NULL;
	dir_set(place->dir, place->name, made, false);
	fd = open_file_new(made, flags);
	inode_unref(made);
	return fd;
}

static int open_at(int dir_fd, const char *path, int flags, mode_t mode)
{
	const char *kernel_path = path_of_kernel_file(path);
	struct place place;
	struct inode *found;
	int simulated;

	if (kernel_path != NULL && sim_actor != NULL)
		return open_kernel_file(kernel_path, flags);
	simulated = place_find(dir_fd, path, &place);
	if (simulated == 0)
		return (int)syscall(SYS_openat, dir_fd, path, flags, mode);
	if (simulated < 0)
		return -1;
	found = place_inode(&place);
	if ((flags & O_TMPFILE) == O_TMPFILE) {
		struct inode *made = inode_new(place.dir->volume, S_IFREG | mode);
		int fd = open_file_new(made, flags);

		inode_unref(made);
		return fd;
	}
	if (found != NULL && (flags & O_CREAT) && (flags & O_EXCL))
		return file_fails(EEXIST);
	if (found != NULL)
		return open_inode(found, flags);
	return flags & O_CREAT ? make_file(&place, flags, mode) : -1;
}

#define OPEN(name, dir_parameter, dir)                                                             \
	int name(dir_parameter const char *path, int flags, ...)                                   \
	{                                                                                          \
		mode_t mode = 0;                                                                   \
		va_list args;                                                                      \
                                                                                                   \
		va_start(args, flags);                                                             \
		if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE)                         \
			mode = va_arg(args, mode_t);                                               \
		va_end(args);                                                                      \
		return open_at(dir, path, flags, mode);                                            \
	}
#define DIR_PARAMETER int dir_fd,
#define NO_PARAMETER
OPEN(open64, NO_PARAMETER, AT_FDCWD)
OPEN(openat64, DIR_PARAMETER, dir_fd)
OPEN(open, NO_PARAMETER, AT_FDCWD)
OPEN(openat, DIR_PARAMETER, dir_fd)

int close(int fd)
{
	struct open_file *file = open_file_of(fd);

	if (file == NULL)
		return (int)syscall(SYS_close, fd);
	open_file_forget(fd);
	unlock(file);
	inode_unref(file->inode);
	if (file->text != NULL)
		g_string_free(file->text, TRUE);
	g_free(file->kernel_path);
	g_free(file);
	return 0;
}

/* Contents */

ssize_t read(int fd, void *bytes, size_t length)
{
	struct open_file *file = open_file_of(fd);
	ssize_t got;

	if (file == NULL)
		return syscall(SYS_read, fd, bytes, length);
	got = pread64(fd, bytes, length, (off64_t)file->offset);
	if (got > 0)
		file->offset += (gsize)got;
	return got;
}

ssize_t pread64(int fd, void *bytes, size_t length, off64_t offset)
{
	const struct open_file *file = open_file_of(fd);
	const void *all;
	gsize size;

	if (file == NULL)
		return syscall(SYS_pread64, fd, bytes, length, offset);
	if (actor_is_dead())
		return file_fails(EIO);
	if (file->text != NULL) {
		all = file->text->str;
		size = file->text->len;
	} else if (S_ISDIR(file->inode->mode)) {
		return file_fails(EISDIR);
	} else {
		all = file->inode->data->data;
		size = file->inode->data->len;
	}
	if ((gsize)offset >= size)
		return 0;
	length = MIN(length, size - (gsize)offset);
	memcpy(bytes, (const char *)all + offset, length);
	return (ssize_t)length;
}

ssize_t pread(int fd, void *bytes, size_t length, off_t offset)
{
	return pread64(fd, bytes, length, offset);
}

static ssize_t write_at(struct open_file *file, const void *bytes, gsize length, gsize offset)
{
	struct inode *inode = file->inode;

	if (file->kernel_path != NULL) {
		g_autofree char *text = g_strndup(bytes, length);

		if (actor_is_dead() ||
			!node_write_kernel_file(sim_actor->node, file->kernel_path, text))
			return file_fails(EIO);
		return (ssize_t)length;
	}
	if (!disk_may_write(inode->volume, length))
		return -1;
	if (inode->data->len < offset + length) {
		guint before = inode->data->len;

		g_byte_array_set_size(inode->data, (guint)(offset + length));
		if (before < offset)
			memset(inode->data->data + before, 0, offset - before);
	}
	memcpy(inode->data->data + offset, bytes, length);
	inode->dirty = true;
	inode->dirty_by = sim_actor != NULL ? sim_actor->node : NULL;
	inode_touch(inode);
	return (ssize_t)length;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset)
{
	struct open_file *file = open_file_of(fd);

	return file != NULL ? write_at(file, bytes, length, (gsize)offset)
			    : syscall(SYS_pwrite64, fd, bytes, length, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
	return pwrite64(fd, bytes, length, offset);
}

ssize_t write(int fd, const void *bytes, size_t length)
{
	struct open_file *file = open_file_of(fd);
	ssize_t written;

	if (file == NULL)
		return syscall(SYS_write, fd, bytes, length);
	if ((file->flags & O_APPEND) && file->inode != NULL)
		file->offset = file->inode->data->len;
	written = write_at(file, bytes, length, file->offset);
	if (written > 0)
		file->offset += (gsize)written;
	return written;
}

int ftruncate64(int fd, off64_t length)
{
	struct open_file *file = open_file_of(fd);
	guint before;

	if (file == NULL)
		return (int)syscall(SYS_ftruncate, fd, length);
	if (!disk_may_write(file->inode->volume, 0))
		return -1;
	before = file->inode->data->len;
	g_byte_array_set_size(file->inode->data, (guint)length);
	if (before < (guint)length)
		memset(file->inode->data->data + before, 0, (gsize)length - before);
	file->inode->dirty = true;
	inode_touch(file->inode);
	return 0;
}

int ftruncate(int fd, off_t length)
{
	return ftruncate64(fd, length);
}

int fsync(int fd)
{
	const struct open_file *file = open_file_of(fd);

	if (file == NULL)
		return (int)syscall(SYS_fsync, fd);
	return inode_sync(file->inode) ? 0 : -1;
}

int fdatasync(int fd)
{
	return fsync(fd);
}

int syncfs(int fd)
{
	const struct open_file *file = open_file_of(fd);

	if (file == NULL)
		return (int)syscall(SYS_syncfs, fd);
	return volume_sync(file->inode->volume) ? 0 : -1;
}

int sync_file_range(int fd, off64_t offset, off64_t length, unsigned int flags)
{
	return open_file_of(fd) != NULL
		       ? 0
		       : (int)syscall(SYS_sync_file_range, fd, offset, length, flags);
}

int posix_fallocate64(int fd, off64_t offset, off64_t length)
{
	return open_file_of(fd) != NULL ? EOPNOTSUPP
					: (int)syscall(SYS_fallocate, fd, 0, offset, length);
}

/* What belongs to a file */

int flock(int fd, int operation)
{
	struct open_file *file = open_file_of(fd);

	if (file == NULL)
		return (int)syscall(SYS_flock, fd, operation);
	if (operation & LOCK_UN) {
		unlock(file);
		return 0;
	}
	while (file->inode->locked_by != NULL && file->inode->locked_by != file) {
		if (actor_is_dead())
			return file_fails(EIO);
		if (operation & LOCK_NB)
			return file_fails(EWOULDBLOCK);
		if (file->inode->lock_waiters == NULL)
			file->inode->lock_waiters = g_array_new(FALSE, FALSE, sizeof(guint));
		fiber_park_in(file->inode->lock_waiters);
	}
	if (actor_is_dead())
		return file_fails(EIO);
	file->inode->locked_by = file;
	return 0;
}

int fchmod(int fd, mode_t mode)
{
	const struct open_file *file = open_file_of(fd);

	if (file == NULL)
		return (int)syscall(SYS_fchmod, fd, mode);
	file->inode->mode = (file->inode->mode & S_IFMT) | (mode & 07777);
	return 0;
}

int fchown(int fd, uid_t uid, gid_t gid)
{
	const struct open_file *file = open_file_of(fd);

	if (file == NULL)
		return (int)syscall(SYS_fchown, fd, uid, gid);
	if (uid != (uid_t)-1)
		file->inode->uid = uid;
	if (gid != (gid_t)-1)
		file->inode->gid = gid;
	return 0;
}

int futimens(int fd, const struct timespec times[2])
{
	const struct open_file *file = open_file_of(fd);

	if (file == NULL)
		return (int)syscall(SYS_utimensat, fd, NULL, times, 0);
	inode_touch(file->inode);
	/* NULL: both times are now. */
	if (times != NULL && times[1].tv_nsec != UTIME_NOW)
		file->inode->modified_ns = times[1].tv_sec * 1000000000 + times[1].tv_nsec;
	return 0;
}

/* SQLite's locks are nobody else's business here. */
static int control(int fd, int command, long argument)
{
	if (open_file_of(fd) == NULL)
		return (int)syscall(SYS_fcntl, fd, command, argument);
	if (command == F_GETLK)
		((struct flock *)argument)->l_type = F_UNLCK;
	return command == F_GETFL ? open_file_of(fd)->flags : 0;
}

int fcntl64(int fd, int command, ...)
{
	va_list args;
	long argument;

	va_start(args, command);
	argument = va_arg(args, long);
	va_end(args);
	return control(fd, command, argument);
}

int fcntl(int fd, int command, ...) __attribute__((alias("fcntl64")));
