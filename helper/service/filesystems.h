/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_FILESYSTEMS_H
#define LOCKFERRY_SERVICE_FILESYSTEMS_H

/* Which filesystems are a group's: those of its store and of its exports. */

#include "lockd/lock_set.h"
#include "service/options.h"

#include <json-glib/json-glib.h>

/*
 * They, each once (an array of struct lock_filesystem, which borrows the paths): by the store's
 * path or by that of the first export that is in it. Blocks on the disk.
 * Error (argument): the store is not on one of the exports' filesystems, or without exports it is
 * on the root filesystem, or not an absolute path; (not installed): an export isn't there.
 */
GArray *filesystems_find(const char *store_path, const char *const *exports, GError **error);

/* What that incarnation of the lock manager holds in them now, as of lock_set_held(); errors of
 * both.
 */
lock_set *filesystems_locks(
	const struct service_options *options, const char *lock_manager, GError **error);

/*
 * Those of these directories, each once and by the first of them that is in it, with nothing asked
 * of them. The store's own locks don't count. Error (not installed): one isn't there.
 */
GArray *filesystems_at(const char *const *directories, const char *store_path, GError **error);

/* Their devices, for the status that a process tells of itself, which others read. */
JsonArray *filesystems_to_json(const GArray *filesystems);

/*
 * Add those of the other groups that are served on this node, as far as their processes tell, each
 * asked by control_ask(). They have no directory.
 */
void filesystems_add_others(GArray *filesystems, const char *run_dir, const char *group);

/* Whether another group that is served on this node, as far as its process tells, has one of them.
 */
bool filesystems_are_shared(const GArray *filesystems, const char *run_dir, const char *group);

#endif
