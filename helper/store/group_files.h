/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_GROUP_FILES_H
#define LOCKFERRY_STORE_GROUP_FILES_H

/*
 * What a store in a directory holds about the group itself, the same for every kind of store:
 *
 *	state		the group's state (group/state.h)
 *	locks, locks.recorded, connections	its texts (enum store_text)
 *
 * They are files in the sqlite store too: whether another node has taken the group over must be
 * read from the disk before every write, and a database that is open takes its own memory for
 * the truth. Contracts as of the functions of the same name in store.h.
 */

#include "store/store.h"

#include <glib.h>
#include <stdbool.h>
#include <sys/stat.h>

group_state *group_files_load_state(int dir_fd, GError **error);
bool group_files_save_state(int dir_fd, const group_state *state, GError **error);

/* Which file the state is: each that takes its place has another inode, or another time of change.
 * False when there is none. */
bool group_files_identify_state(int dir_fd, struct stat *identity);

GBytes *group_files_load_text(int dir_fd, enum store_text which, GError **error);
bool group_files_save_text(int dir_fd, enum store_text which, GBytes *text, GError **error);

#endif
