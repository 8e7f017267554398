/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NODE_FILESYSTEMS_H
#define LOCKFERRY_NODE_FILESYSTEMS_H

/* Which filesystems are a group's: those of its store and of its exports. */

#include "group/options.h"
#include "kernel/lock_set.h"

#include <json-glib/json-glib.h>

/*
 * They, each once (an array of struct lock_filesystem, which borrows the paths): by the store's
 * path or by that of the first export that is in it. Blocks on the disk.
 * Error (argument): the store has no absolute path; or it shares its filesystem with no export, and
 * one of them is on a filesystem of the node's own (the root filesystem, that of /run, /var, /tmp,
 * /dev/shm and the like), which does not move with the group. Whether the group has another one
 * mounted is the cluster's to know: 'lockferry check' asks it. (Not installed): an export isn't
 * there.
 */
GArray *filesystems_find(const char *store_path, const char *const *exports, GError **error);

/*
 * The same while the group is served or stopped, when an export that is not there any more must
 * keep nobody from anything. `doubts` (of owned char *) gets a text for each place where locks of
 * the group may be held that is not among them: an export that is gone, and a filesystem mounted
 * below one that is neither this group's nor another's here.
 */
GArray *filesystems_now(const struct group_options *options, GPtrArray *doubts, GError **error);

/* The device of the filesystem that the path is in, as /proc/locks has it. Error (not installed):
 * it isn't there. */
bool filesystems_device(const char *path, dev_t *device, GError **error);

/* Whether both paths are in one filesystem. False where one isn't there. */
bool filesystems_are_one(const char *path, const char *other);

/*
 * Those of these directories, each once and by the first of them that is in it, with nothing asked
 * of them. The store's own locks don't count. Error (not installed): one isn't there.
 */
GArray *filesystems_at(const char *const *directories, const char *store_path, GError **error);

/* Their devices, for the status that a process reports, which others read. */
JsonArray *filesystems_to_json(const GArray *filesystems);

/*
 * Add those of the other groups that are served on this node, as far as their processes tell, each
 * asked by neighbours_find(). They have no directory.
 */
void filesystems_add_others(GArray *filesystems, const char *run_dir, const char *group);

/* Whether another group that is served on this node, as far as its process tells, has one of them.
 */
bool filesystems_are_shared(const GArray *filesystems, const char *run_dir, const char *group);

#endif
