/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Records that were put are taken back out of statd's sm directory: see sm_dir.h. */

#include "nsm/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

bool sm_is_as_put(const struct stat *status)
{
	static const struct timespec put = SM_PUT_MTIME;

	return S_ISREG(status->st_mode) && status->st_mtim.tv_sec == put.tv_sec &&
	       status->st_mtim.tv_nsec == put.tv_nsec;
}

/* Whoever is at a file has it locked. */
static bool open_and_lock(const sm_dir *dir, const char *name, int flags, int *fd)
{
	*fd = openat(dir->fd, name, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return *fd >= 0 && flock(*fd, LOCK_EX | LOCK_NB) == 0;
}

static bool move_if_free(const sm_dir *dir, const char *from, const char *to)
{
	return renameat2(dir->fd, from, dir->fd, to, RENAME_NOREPLACE) == 0;
}

/* Two files for one name, as statd missed the one that was aside: a file with the lines of both.
 * One that can't be read just now statd may be at. */
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

	if (!open_and_lock(dir, aside, O_RDWR | O_APPEND, &fd) || fstat(fd, &status) < 0)
		return;
	if (sm_is_as_put(&status))
		unlinkat(dir->fd, aside, 0);
	else if (!move_if_free(dir, aside, name) && errno == EEXIST)
		join(dir, aside, fd, name);
}

/* A file is the same under another name, as long as it is open. */
static bool is_still(const sm_dir *dir, const char *name, const struct stat *before)
{
	struct stat now;

	return fstatat(dir->fd, name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	       now.st_dev == before->st_dev && now.st_ino == before->st_ino && sm_is_as_put(&now);
}

static bool take_one(sm_dir *dir, const char *name, GError **error)
{
	g_autofree char *aside = g_strconcat(SM_ASIDE_PREFIX, name, NULL);
	autofd fd = -1;
	struct stat status;

	if (!open_and_lock(dir, name, O_RDONLY, &fd) || fstat(fd, &status) < 0 ||
		!sm_is_as_put(&status))
		return false;
	if (!move_if_free(dir, name, aside)) {
		if (errno != ENOENT)
			lf_error_set_errno(error, sm_code_of_errno(errno),
				"cannot move '%s' aside in '%s'", name, dir->path);
		return false;
	}
	if (!is_still(dir, aside, &status)) {
		fd_close(&fd);
		fd = -1;
		sm_aside_settle(dir, aside);
		return false;
	}
	/* If this fails, it is left to whoever tidies up. */
	unlinkat(dir->fd, aside, 0);
	return true;
}

bool sm_dir_take_back(sm_dir *dir, GPtrArray *names, GPtrArray *taken, GError **error)
{
	GError *first = NULL;

	sm_dir_tidy(dir);
	for (guint i = 0; i < names->len; i++) {
		const char *name = g_ptr_array_index(names, i);

		if (take_one(dir, name, first == NULL ? &first : NULL))
			g_ptr_array_add(taken, g_strdup(name));
	}
	if (taken->len > 0 && !fd_sync(dir->fd) && first == NULL)
		lf_error_set_errno(&first, sm_code_of_errno(errno), "cannot sync '%s'", dir->path);
	if (first == NULL)
		return true;
	g_propagate_error(error, first);
	return false;
}
