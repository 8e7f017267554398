/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/namespace_pin.h"

#include "base/error.h"
#include "kernel/mounts.h"
#include "server/own.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

static char *dir_of(const char *run_dir)
{
	g_autofree char *dir = own_server_dir(run_dir);

	return g_build_filename(dir, "namespaces", NULL);
}

static char *path_of(const char *run_dir, const char *group)
{
	g_autofree char *dir = dir_of(run_dir);

	return g_build_filename(dir, group, NULL);
}

static bool is_pinned(const char *path)
{
	struct statfs st;

	return statfs(path, &st) == 0 && st.f_type == NSFS_MAGIC;
}

static bool is_mount_point(const char *dir)
{
	g_autoptr(GPtrArray) mounts = mounts_now(NULL);
	char *plain = realpath(dir, NULL);
	bool found = false;

	for (guint i = 0; plain != NULL && mounts != NULL && i < mounts->len; i++) {
		const struct mount *mount = g_ptr_array_index(mounts, i);

		found = found || g_str_equal(mount->point, plain);
	}
	free(plain);
	return found;
}

/* The kernel refuses a mount namespace as a mount that others get a copy of (fs/namespace.c,
 * copy_tree()), as they get one of all mounts of a node with systemd. */
static bool make_private_dir(const char *dir, GError **error)
{
	if (g_mkdir_with_parents(dir, 0700) == 0 &&
		(is_mount_point(dir) || mount(dir, dir, NULL, MS_BIND, NULL) == 0) &&
		mount("none", dir, NULL, MS_PRIVATE, NULL) == 0)
		return true;
	lf_error_set_errno(error, LF_ERROR_FAILED, "cannot prepare '%s'", dir);
	return false;
}

/*
 * A mount namespace can be mounted only in an older one, by the kernel's numbers (fs/namespace.c,
 * mnt_ns_loop()). Since Linux 6.18 each processor has a range of numbers, so within a container, or
 * a service with mounts of its own, a new namespace may have a lower number than ours (measured).
 * The node's own namespace has the lowest one.
 */
static bool is_refused(int problem, const char *path)
{
	if (problem != EINVAL)
		return false;
	g_unlink(path);
	fprintf(stderr,
		"lockferry: this kernel cannot keep the mount namespace at '%s', because we run in one of our own: if all processes of the server die, restart this node\n",
		path);
	return true;
}

bool namespace_pin(const char *run_dir, const char *group, pid_t pid, GError **error)
{
	g_autofree char *dir = dir_of(run_dir);
	g_autofree char *path = path_of(run_dir, group);
	g_autofree char *from = g_strdup_printf("/proc/%d/ns/mnt", (int)pid);
	int fd;

	if (is_pinned(path))
		return true;
	if (!make_private_dir(dir, error))
		return false;
	fd = open(path, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && (mount(from, path, NULL, MS_BIND, NULL) == 0 || is_refused(errno, path)))
		return true;
	lf_error_set_errno(error, LF_ERROR_FAILED,
		"cannot keep the namespace of group '%s' at '%s'", group, path);
	return false;
}

int namespace_pin_open(const char *run_dir, const char *group)
{
	g_autofree char *path = path_of(run_dir, group);

	return is_pinned(path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
}

bool namespace_pin_remove(const char *run_dir, const char *group, GError **error)
{
	g_autofree char *path = path_of(run_dir, group);

	if (is_pinned(path) && umount2(path, UMOUNT_NOFOLLOW) != 0) {
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot unmount '%s'", path);
		return false;
	}
	if (g_unlink(path) == 0 || errno == ENOENT)
		return true;
	lf_error_set_errno(error, LF_ERROR_FAILED, "cannot remove '%s'", path);
	return false;
}
