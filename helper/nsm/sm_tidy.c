/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Cleans up after puts and take-backs that were killed, see sm_dir.h. */

#include "nsm/sm_entry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

bool sm_open_and_lock(const sm_dir *dir, const char *name, int flags, int *fd)
{
	*fd = openat(dir->fd, name, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return *fd >= 0 && flock(*fd, LOCK_EX | LOCK_NB) == 0;
}

bool sm_move_if_free(const sm_dir *dir, const char *from, const char *to)
{
	return renameat2(dir->fd, from, dir->fd, to, RENAME_NOREPLACE) == 0;
}

/*
 * Joins two files of the same name: statd has made a new one because the old one was aside. The
 * result has the lines of both. If the new file cannot be read, statd may be writing it right now,
 * so nothing is done.
 */
static void join(sm_dir *dir, const char *aside, int fd, const char *name)
{
	g_autoptr(sm_file) newer = sm_dir_read(dir, name);

	if (newer != NULL && newer->raw != NULL && fd_write_bytes(fd, newer->raw) && fd_sync(fd))
		renameat(dir->fd, aside, dir->fd, name);
}

void sm_aside_settle(sm_dir *dir, const char *aside)
{
	const char *name = aside + strlen(SM_ASIDE_PREFIX);
	autofd fd = -1;
	struct stat status;

	if (!sm_open_and_lock(dir, aside, O_RDWR | O_APPEND, &fd) || fstat(fd, &status) < 0)
		return;
	if (sm_is_as_put(&status))
		unlinkat(dir->fd, aside, 0);
	else if (!sm_move_if_free(dir, aside, name) && errno == EEXIST)
		join(dir, aside, fd, name);
}

static void remove_left_behind(int dir_fd, const char *name)
{
	autofd fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		unlinkat(dir_fd, name, 0);
}

void sm_dir_tidy(sm_dir *dir)
{
	DIR *stream = sm_open_stream(dir);
	const struct dirent *entry;

	if (!stream)
		return;
	while ((entry = readdir(stream)))
		if (g_str_has_prefix(entry->d_name, SM_ASIDE_PREFIX))
			sm_aside_settle(dir, entry->d_name);
		else if (g_str_has_prefix(entry->d_name, SM_OWN_PREFIX))
			remove_left_behind(dir->fd, entry->d_name);
	closedir(stream);
}
