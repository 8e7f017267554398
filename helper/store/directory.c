/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The directory of a store: whether it exists, whether it can be trusted, and who may write
 * there. */

#include "base/clock.h"
#include "base/durable.h"
#include "base/error.h"
#include "store/handle.h"
#include "store/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_FILE ".lock"

/* How long to wait for another writer that is ending. */
#define LOCK_WAIT_MS 1000

static bool sync_directory(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool synced;

	if (fd < 0) {
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot open '%s'", path);
		return false;
	}
	synced = durable_sync(fd, error);
	if (!synced)
		g_prefix_error(error, "'%s': ", path);
	close(fd);
	return synced;
}

static bool make_directory(const char *path, GError **error)
{
	g_autofree char *parent = g_path_get_dirname(path);

	/* Also syncs if the directory exists: the process that made it may have been killed
	 * before its sync. */
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return sync_directory(parent, error);
	if (errno == ENOENT)
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
			"there is no '%s' to make the store in: mount the group's filesystem, or create the directory",
			parent);
	else
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot make the store '%s'", path);
	return false;
}

bool store_open_directory(store *self, enum store_mode mode, GError **error)
{
	struct stat st;

	if (!g_path_is_absolute(self->path)) {
		g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
			"the store '%s' is not an absolute path: begin it with a slash",
			self->path);
		return false;
	}
	/* A reader may read a store that it cannot trust. */
	if (mode != STORE_READ && !trust_way(self->path, error))
		return false;
	if (mode == STORE_CREATE &&
		(!store_check_above(self, error) || !make_directory(self->path, error)))
		return false;
	self->dir_fd = open(self->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (self->dir_fd >= 0 && fstat(self->dir_fd, &st) == 0) {
		self->device = st.st_dev;
		return true;
	}
	if (errno == ENOENT)
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
			"there is no store '%s': mount the group's filesystem, or check the path",
			self->path);
	else
		lf_error_set_errno(
			error, LF_ERROR_ARGUMENT, "cannot open the store '%s'", self->path);
	return false;
}

/* A process that was just killed holds the lock until its files are closed. This may be later
 * than all other signs of its end. */
static bool lock_within(int fd, guint max_ms)
{
	gint64 end_us = clock_now_us() + (gint64)max_ms * 1000;

	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK || clock_now_us() >= end_us)
			return false;
		clock_sleep_us(20000);
	}
	return true;
}

bool store_lock_directory(store *self, GError **error)
{
	self->lock_fd =
		openat(self->dir_fd, LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (self->lock_fd < 0) {
		lf_error_set_errno(
			error, LF_ERROR_FAILED, "cannot lock the store '%s'", self->path);
		return false;
	}
	if (lock_within(self->lock_fd, LOCK_WAIT_MS))
		return true;
	if (errno == EWOULDBLOCK)
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"another process is writing the store '%s': stop it first ('lockferry status' shows it)",
			self->path);
	else
		lf_error_set_errno(
			error, LF_ERROR_FAILED, "cannot lock the store '%s'", self->path);
	return false;
}

bool store_tidy_directory(store *self, GError **error)
{
	durable_tidy(self->dir_fd);
	if (durable_sync(self->dir_fd, error))
		return true;
	g_prefix_error(error, "store '%s': ", self->path);
	return false;
}

bool store_check_place(store *self, GError **error)
{
	struct stat by_path, by_fd;

	if (stat(self->path, &by_path) == 0 && fstat(self->dir_fd, &by_fd) == 0 &&
		by_path.st_dev == by_fd.st_dev && by_path.st_ino == by_fd.st_ino)
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"the store '%s' was moved, removed or covered by a mount while it was in use: what is recorded now is lost with the next failover; put it back in its place",
		self->path);
	return false;
}

bool store_prove_disk(store *self, GError **error)
{
	if (futimens(self->dir_fd, NULL) == 0 && fsync(self->dir_fd) == 0)
		return true;
	lf_error_set_errno(error, LF_ERROR_FAILED, "cannot write to the store '%s'", self->path);
	return false;
}
