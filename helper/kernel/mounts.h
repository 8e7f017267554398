/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KERNEL_MOUNTS_H
#define LOCKFERRY_KERNEL_MOUNTS_H

/*
 * The filesystems that are mounted here, as /proc/self/mountinfo lists them (proc(5); Linux
 * fs/proc_namespace.c, show_mountinfo()). Its device is that of the superblock, the same that
 * /proc/locks shows (fs/locks.c, lock_get_status()). stat(2) may have another: on btrfs each
 * subvolume has a device of its own there.
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

struct mount {
	guint64 id; /* as in /proc/self/fdinfo */
	dev_t device;
	char *point; /* owned; where it is mounted */
	char *type;  /* owned; "ext4" */
};

/* The table, of owned struct mount, from the contents of that file. Lines of another form are
 * passed over. */
GPtrArray *mounts_parse(const char *text, gsize length);

/* The table now; NULL with `error`. */
GPtrArray *mounts_now(GError **error);

/* The mount that an open file is in: NULL when the table has none. Owned by the table. */
const struct mount *mounts_of(const GPtrArray *mounts, int fd);

/* The mount id of the contents of /proc/self/fdinfo/FD. */
bool mounts_parse_id(const char *text, gsize length, guint64 *id);

/* Whether that is mounted below the directory `top` (a path without links), not at it. */
bool mount_is_below(const struct mount *self, const char *top);

#endif
