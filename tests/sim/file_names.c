/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The rest of files.c: what there is, and under which names. */

/* Both names of each call are defined here, so neither may stand for the other. */
#undef _FILE_OFFSET_BITS

#include "files.h"
#include "open_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

/* What there is */

static int fill_stat(const struct inode *inode, struct stat64 *st)
{
	memset(st, 0, sizeof(*st));
	st->st_dev = volume_device(inode->volume);
	st->st_ino = inode->number;
	st->st_mode = inode->mode;
	st->st_uid = inode->uid;
	st->st_gid = inode->gid;
	st->st_nlink = inode->links;
	st->st_size = inode->data != NULL ? inode->data->len : 4096;
	st->st_blksize = 4096;
	st->st_mtim.tv_sec = inode->modified_ns / 1000000000;
	st->st_mtim.tv_nsec = inode->modified_ns % 1000000000;
	st->st_ctim.tv_sec = (gint64)(inode->changed / 1000000000);
	st->st_ctim.tv_nsec = (gint64)(inode->changed % 1000000000);
	return 0;
}

int fstat64(int fd, struct stat64 *st)
{
	const struct open_file *file = open_file_of(fd);

	if (file == NULL)
		return (int)syscall(SYS_fstat, fd, st);
	if (actor_is_dead())
		return file_fails(EIO);
	if (file->inode != NULL)
		return fill_stat(file->inode, st);
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFREG | 0644;
	st->st_size = (off_t)file->text->len;
	return 0;
}

int fstatat64(int dir_fd, const char *path, struct stat64 *st, int flags)
{
	struct place place;
	const struct inode *found;
	int simulated;

	if ((flags & AT_EMPTY_PATH) && path[0] == '\0')
		return fstat64(dir_fd, st);
	simulated = place_find(dir_fd, path, &place);
	if (simulated == 0 && sim_actor != NULL && g_str_equal(path, "/etc/hosts"))
		return file_fails(ENOENT);
	if (simulated == 0)
		return (int)syscall(SYS_newfstatat, dir_fd, path, st, flags);
	if (simulated < 0)
		return -1;
	found = place_inode(&place);
	return found != NULL ? fill_stat(found, st) : -1;
}

int stat64(const char *path, struct stat64 *st)
{
	return fstatat64(AT_FDCWD, path, st, 0);
}

int lstat64(const char *path, struct stat64 *st)
{
	return fstatat64(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

/* The two structures are the same on 64-bit machines. */
G_STATIC_ASSERT(sizeof(struct stat) == sizeof(struct stat64));

int stat(const char *path, struct stat *st)
{
	return stat64(path, (struct stat64 *)st);
}

int lstat(const char *path, struct stat *st)
{
	return lstat64(path, (struct stat64 *)st);
}

int fstat(int fd, struct stat *st)
{
	return fstat64(fd, (struct stat64 *)st);
}

int fstatat(int dir_fd, const char *path, struct stat *st, int flags)
{
	return fstatat64(dir_fd, path, (struct stat64 *)st, flags);
}

int faccessat(int dir_fd, const char *path, int mode, int flags)
{
	struct place place;
	int simulated = place_find(dir_fd, path, &place);

	if (simulated == 0)
		return (int)syscall(SYS_faccessat, dir_fd, path, mode, flags);
	return simulated > 0 && place_inode(&place) != NULL ? 0 : -1;
}

int access(const char *path, int mode)
{
	return faccessat(AT_FDCWD, path, mode, 0);
}

int fstatvfs64(int fd, struct statvfs64 *room)
{
	if (open_file_of(fd) == NULL)
		return file_fails(ENOSYS);
	memset(room, 0, sizeof(*room));
	return 0;
}

int fstatvfs(int fd, struct statvfs *room)
{
	return fstatvfs64(fd, (struct statvfs64 *)room);
}

ssize_t lgetxattr(const char *path, const char *name, void *value, size_t size)
{
	return path_is_simulated(path) ? file_fails(ENODATA)
				       : syscall(SYS_lgetxattr, path, name, value, size);
}

/* No simulated path has a link in it. */
char *realpath(const char *path, char *resolved)
{
	struct stat64 st;

	if (stat64(path, &st) != 0)
		return NULL;
	if (resolved == NULL)
		return strdup(path);
	return strcpy(resolved, path);
}

ssize_t readlink(const char *path, char *target, size_t size)
{
	return path_is_simulated(path) ? file_fails(EINVAL)
				       : syscall(SYS_readlinkat, AT_FDCWD, path, target, size);
}

/* Names */

static void tell_watchers(const struct place *place)
{
	watch_tell(place->dir, place->name);
}

int unlinkat(int dir_fd, const char *path, int flags)
{
	struct place place;
	struct inode *found;
	int simulated = place_find(dir_fd, path, &place);

	if (simulated == 0)
		return (int)syscall(SYS_unlinkat, dir_fd, path, flags);
	if (simulated < 0 || (found = place_inode(&place)) == NULL)
		return -1;
	if (S_ISDIR(found->mode) && !(flags & AT_REMOVEDIR))
		return file_fails(EISDIR);
	if (!disk_may_write(place.dir->volume, 0))
		return -1;
	dir_set(place.dir, place.name, NULL, false);
	tell_watchers(&place);
	return 0;
}

int unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int mkdirat(int dir_fd, const char *path, mode_t mode)
{
	struct place place;
	struct inode *made;
	int simulated = place_find(dir_fd, path, &place);

	if (simulated == 0)
		return (int)syscall(SYS_mkdirat, dir_fd, path, mode);
	if (simulated < 0)
		return -1;
	if (place_inode(&place) != NULL)
		return file_fails(EEXIST);
	if (!disk_may_write(place.dir->volume, 1))
		return -1;
	made = inode_new(place.dir->volume, S_IFDIR | mode);
	dir_set(place.dir, place.name, made, false);
	inode_unref(made);
	return 0;
}

int mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

static int exchange(struct place *from, struct place *to)
{
	struct inode *one = inode_ref(place_inode(from));
	struct inode *other = place_inode(to);

	if (other == NULL) {
		inode_unref(one);
		return file_fails(ENOENT);
	}
	inode_ref(other);
	dir_set(to->dir, to->name, one, false);
	dir_set(from->dir, from->name, other, true);
	inode_unref(one);
	inode_unref(other);
	return 0;
}

int renameat2(
	int from_fd, const char *from_path, int to_fd, const char *to_path, unsigned int flags)
{
	struct place from, to;
	struct inode *moved;
	int simulated = place_find(from_fd, from_path, &from);

	if (simulated == 0)
		return (int)syscall(SYS_renameat2, from_fd, from_path, to_fd, to_path, flags);
	if (simulated < 0 || place_find(to_fd, to_path, &to) <= 0 ||
		(moved = place_inode(&from)) == NULL)
		return -1;
	if ((flags & RENAME_NOREPLACE) && place_inode(&to) != NULL)
		return file_fails(EEXIST);
	if (!disk_may_write(to.dir->volume, 0))
		return -1;
	files_renamed(to.dir, to.name, moved);
	if (flags & RENAME_EXCHANGE) {
		if (exchange(&from, &to) != 0)
			return -1;
	} else {
		inode_ref(moved);
		dir_set(to.dir, to.name, moved, false);
		dir_set(from.dir, from.name, NULL, true);
		inode_unref(moved);
	}
	tell_watchers(&from);
	tell_watchers(&to);
	return 0;
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return renameat2(from_fd, from, to_fd, to, 0);
}

int rename(const char *from, const char *to)
{
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
	const char *own = "/proc/self/fd/";
	struct open_file *spare =
		g_str_has_prefix(from, own) ? open_file_of(atoi(from + strlen(own))) : NULL;
	struct place place, to_place;
	struct inode *inode = spare != NULL ? spare->inode : NULL;

	if (spare == NULL && place_find(from_fd, from, &place) == 0)
		return (int)syscall(SYS_linkat, from_fd, from, to_fd, to, flags);
	if (spare == NULL && (inode = place_inode(&place)) == NULL)
		return -1;
	if (place_find(to_fd, to, &to_place) <= 0)
		return file_fails(EIO);
	if (place_inode(&to_place) != NULL)
		return file_fails(EEXIST);
	if (!disk_may_write(to_place.dir->volume, 1))
		return -1;
	dir_set(to_place.dir, to_place.name, inode, false);
	tell_watchers(&to_place);
	return 0;
}

/* Directories */

#define DIR_MAGIC 0x51d0d1d0U

struct sim_dir {
	guint32 magic;
	int fd;
	GPtrArray *names; /* owned */
	guint next;
	struct dirent64 entry;
};

DIR *fdopendir(int fd)
{
	const struct open_file *file = open_file_of(fd);
	struct sim_dir *dir;
	GHashTableIter iter;
	gpointer name;

	if (file == NULL)
		return files_system_fdopendir(fd);
	if (actor_is_dead()) {
		errno = EIO;
		return NULL;
	}
	dir = g_new0(struct sim_dir, 1);
	dir->magic = DIR_MAGIC;
	dir->fd = fd;
	dir->names = g_ptr_array_new_with_free_func(g_free);
	g_hash_table_iter_init(&iter, file->inode->names);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		g_ptr_array_add(dir->names, g_strdup(name));
	return (DIR *)dir;
}

static struct sim_dir *sim_dir_of(DIR *dir)
{
	struct sim_dir *self = (struct sim_dir *)dir;

	return self->magic == DIR_MAGIC ? self : NULL;
}

DIR *opendir(const char *path)
{
	int fd = open64(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 ? fdopendir(fd) : NULL;
}

struct dirent64 *readdir64(DIR *dir)
{
	struct sim_dir *self = sim_dir_of(dir);

	if (self == NULL)
		return files_system_readdir(dir);
	if (self->next >= self->names->len || actor_is_dead())
		return NULL;
	g_strlcpy(self->entry.d_name, self->names->pdata[self->next++], sizeof(self->entry.d_name));
	return &self->entry;
}

struct dirent *readdir(DIR *dir)
{
	return (struct dirent *)readdir64(dir);
}

int closedir(DIR *dir)
{
	struct sim_dir *self = sim_dir_of(dir);

	if (self == NULL)
		return files_system_closedir(dir);
	close(self->fd);
	g_ptr_array_unref(self->names);
	g_free(self);
	return 0;
}
