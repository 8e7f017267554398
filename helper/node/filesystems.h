/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NODE_FILESYSTEMS_H
#define LOCKFERRY_NODE_FILESYSTEMS_H

/* The filesystems of a group: those of its store and of its exports. */

#include "group/options.h"
#include "kernel/lock_set.h"

#include <json-glib/json-glib.h>

/*
 * Returns these filesystems, each once, as an array of struct lock_filesystem that borrows the
 * paths. A filesystem is named by the store's path, or by the first export in it. Blocks on the
 * disk.
 *
 * The error is LF_ERROR_ARGUMENT in two cases. The store has no absolute path. Or the store shares
 * its filesystem with no export, and the store or an export is on a filesystem of the node itself
 * (the root filesystem, that of /run, /var, /tmp, /dev/shm or similar), which does not move with
 * the group. Only the cluster knows whether any other filesystem belongs to the group: 'lockferry
 * check' asks it. The error is LF_ERROR_NOT_INSTALLED if an export does not exist.
 */
GArray *filesystems_find(const char *store_path, const char *const *exports, GError **error);

/*
 * Does the same while the group is served or stopped. At that time, an export that no longer exists
 * must not block anything. `doubts` (of owned char *) gets a text for each other place where locks
 * of the group may be held: an export that no longer exists, or a filesystem that is mounted below
 * an export and belongs neither to this group nor to another one here.
 */
GArray *filesystems_now(const struct group_options *options, GPtrArray *doubts, GError **error);

/* Gets the device of the filesystem that contains the path, as in /proc/locks. The error is
 * LF_ERROR_NOT_INSTALLED if the path does not exist. */
bool filesystems_device(const char *path, dev_t *device, GError **error);

/* Whether both paths are in the same filesystem. Returns false if one does not exist. */
bool filesystems_are_one(const char *path, const char *other);

/*
 * Returns the filesystems of these directories, each once, named by the first directory in it.
 * There are no other conditions. The store's own locks do not count. The error is
 * LF_ERROR_NOT_INSTALLED if a directory does not exist.
 */
GArray *filesystems_at(const char *const *directories, const char *store_path, GError **error);

/* Returns the devices, for the status that a process reports to other processes. */
JsonArray *filesystems_to_json(const GArray *filesystems);

/*
 * Adds the filesystems of the other groups that are served on this node, as far as their processes
 * report them. neighbours_find() asks each process. These filesystems have no directory.
 */
void filesystems_add_others(GArray *filesystems, const char *run_dir, const char *group);

/* Whether another group that is served on this node has one of these filesystems, as far as its
 * process reports it. */
bool filesystems_are_shared(const GArray *filesystems, const char *run_dir, const char *group);

#endif
