/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "open_files.h"

#include "files.h"
#include "node.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILES_MAX 4096
#define SELF_DIR "/proc/self/"

static struct open_file *files[FILES_MAX];
static int lowest_free;

struct open_file *open_file_of(int fd)
{
	return fd >= OPEN_FILES_FIRST_FD && fd < OPEN_FILES_FIRST_FD + FILES_MAX
		       ? files[fd - OPEN_FILES_FIRST_FD]
		       : NULL;
}

int file_fails(int number)
{
	errno = number;
	return -1;
}

int open_file_new(struct inode *inode, int flags)
{
	struct open_file *file = g_new0(struct open_file, 1);
	int place = lowest_free;

	while (files[place] != NULL)
		place++;
	g_assert_cmpint(place, <, FILES_MAX - 1);
	lowest_free = place + 1;
	file->inode = inode != NULL ? inode_ref(inode) : NULL;
	file->flags = flags;
	file->whose = sim_actor;
	files[place] = file;
	return OPEN_FILES_FIRST_FD + place;
}

void open_file_forget(int fd)
{
	files[fd - OPEN_FILES_FIRST_FD] = NULL;
	lowest_free = MIN(lowest_free, fd - OPEN_FILES_FIRST_FD);
}

/* Paths */

bool path_is_simulated(const char *path)
{
	return strncmp(path, SIM_ROOT, strlen(SIM_ROOT)) == 0 &&
	       (path[strlen(SIM_ROOT)] == '/' || path[strlen(SIM_ROOT)] == '\0');
}

/* What begins at `dir`, NULL: at the root of the simulated ones; the last step is not taken. False
 * with errno. */
static bool walk(struct inode *dir, const char *path, struct place *place)
{
	char *at = place->text;

	g_strlcpy(place->text, path, sizeof(place->text));
	for (;;) {
		char *end;

		at += strspn(at, "/");
		end = at + strcspn(at, "/");
		if (end[strspn(end, "/")] == '\0') {
			*end = '\0';
			place->dir = dir;
			place->name = g_str_equal(at, ".") ? at + 1 : at;
			return true;
		}
		*end = '\0';
		dir = g_str_equal(at, ".") ? dir : dir_find(dir, at);
		if (dir == NULL || !S_ISDIR(dir->mode)) {
			errno = dir == NULL ? ENOENT : ENOTDIR;
			return false;
		}
		at = end + 1;
	}
}

int place_find(int dir_fd, const char *path, struct place *place)
{
	struct open_file *dir = dir_fd == AT_FDCWD ? NULL : open_file_of(dir_fd);

	if (path[0] == '/' ? !path_is_simulated(path) : dir == NULL)
		return 0;
	if (actor_is_dead())
		return file_fails(EIO);
	if (path[0] != '/')
		return walk(dir->inode, path, place) ? 1 : -1;
	return walk(files_root(), path + strlen(SIM_ROOT), place) ? 1 : -1;
}

struct inode *place_inode(const struct place *place)
{
	struct inode *found =
		place->name[0] == '\0' ? place->dir : dir_find(place->dir, place->name);

	if (found == NULL)
		errno = ENOENT;
	return found;
}

/* Files of the kernel's */

const char *path_of_kernel_file(const char *path)
{
	if (strncmp(path, SELF_DIR, strlen(SELF_DIR)) == 0)
		return path;
	return strncmp(path, SIM_KERNEL, strlen(SIM_KERNEL)) == 0 ? path + strlen(SIM_KERNEL)
								  : NULL;
}

static char *mount_id_text(const char *path)
{
	const struct open_file *file = open_file_of(atoi(strrchr(path, '/') + 1));

	return file != NULL && file->inode != NULL
		       ? g_strdup_printf("pos:\t0\nmnt_id:\t%u\n", file->inode->volume->number)
		       : NULL;
}

int open_kernel_file(const char *path, int flags)
{
	struct node *node = sim_actor != NULL ? sim_actor->node : NULL;
	bool writes = (flags & O_ACCMODE) != O_RDONLY;
	char *text;
	int fd;

	if (node == NULL || actor_is_dead())
		return file_fails(EIO);
	text = strstr(path, "/fdinfo/") != NULL ? mount_id_text(path)
						: node_kernel_file(node, path);
	if (text == NULL && !writes)
		return file_fails(ENOENT);
	fd = open_file_new(NULL, flags);
	files[fd - OPEN_FILES_FIRST_FD]->text = g_string_new(text);
	files[fd - OPEN_FILES_FIRST_FD]->kernel_path = g_strdup(path);
	g_free(text);
	return fd;
}
