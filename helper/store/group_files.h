/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_GROUP_FILES_H
#define LOCKFERRY_STORE_GROUP_FILES_H

/*
 * What a store in a directory holds about the group itself, the same for every kind of store:
 *
 *	state		the group's state (group/state.h)
 *	locks		the lock set when the group was last frozen or stopped (lockd/lock_set.h)
 *
 * They are files in the sqlite store too: whether another node has taken the group over must be
 * read from the disk before every write, and a database that is open takes its own memory for
 * the truth. Contracts as of the functions of the same name in store.h.
 */

#include "group/state.h"

#include <glib.h>
#include <stdbool.h>
#include <sys/stat.h>

group_state *group_files_load_state(int dir_fd, GError **error);
bool group_files_save_state(int dir_fd, const group_state *state, GError **error);

/* Which file the state is: each that takes its place has another inode, or another time of change.
 * False when there is none. */
bool group_files_identify_state(int dir_fd, struct stat *identity);

GBytes *group_files_load_locks(int dir_fd, GError **error);
bool group_files_save_locks(int dir_fd, GBytes *locks, GError **error);

#endif
