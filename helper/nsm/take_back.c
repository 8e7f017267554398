/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Takes records that were put out of statd's sm directory again, see sm_dir.h. */

#include "nsm/sm_entry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* As long as the file is open, the same inode means the same file. */
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

	if (!sm_open_and_lock(dir, name, O_RDONLY, &fd) || fstat(fd, &status) < 0 ||
		!sm_is_as_put(&status))
		return false;
	if (!sm_move_if_free(dir, name, aside)) {
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
	/* If this fails, sm_dir_tidy() removes the file later. */
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
