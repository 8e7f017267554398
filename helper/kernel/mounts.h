/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KERNEL_MOUNTS_H
#define LOCKFERRY_KERNEL_MOUNTS_H

/*
 * The filesystems that are mounted here, from /proc/self/mountinfo (proc(5); Linux
 * fs/proc_namespace.c, show_mountinfo()). The device in that file is the device of the superblock,
 * and /proc/locks shows the same one (fs/locks.c, lock_get_status()). stat(2) may return another
 * device: on btrfs, each subvolume has its own there.
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

struct mount {
	guint64 id; /* as in /proc/self/fdinfo */
	dev_t device;
	char *point; /* owned; the mount point */
	char *type;  /* owned; such as "ext4" */
};

/* Returns the mount table from the contents of that file. The array owns its elements of struct
 * mount. Ignores lines of another form. */
GPtrArray *mounts_parse(const char *text, gsize length);

/* Returns the current table, or NULL with `error`. */
GPtrArray *mounts_now(GError **error);

/* Returns the mount that contains an open file, or NULL if the table does not have it. The table
 * owns it. */
const struct mount *mounts_of(const GPtrArray *mounts, int fd);

/* Reads the mount id from the contents of /proc/self/fdinfo/FD. */
bool mounts_parse_id(const char *text, gsize length, guint64 *id);

/* Whether the mount point is below the directory `top` (a path without symbolic links). `top`
 * itself does not count. */
bool mount_is_below(const struct mount *self, const char *top);

#endif
