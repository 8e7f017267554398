/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_GROUP_FILES_H
#define LOCKFERRY_STORE_GROUP_FILES_H

/*
 * What a store in a directory holds about the group itself, the same for every kind of store:
 *
 *	state		the group's state (group/state.h)
 *	locks, locks.recorded, connections, may_have_lost, answers, recoveries
 *			its texts (enum store_text)
 *
 * They are files in the sqlite store too: whether another node has taken the group over must be
 * read from the disk before every write, and a database that is open takes its own memory for
 * the truth. Contracts as of the functions of the same name in store.h.
 */

#include "group/state.h"
#include "store/terms.h"

#include <glib.h>
#include <stdbool.h>
#include <sys/stat.h>

group_state *group_files_load_state(int dir_fd, GError **error);

/* Whether there is no state, or none that anybody wrote: not if it cannot be read, or is of another
 * version of lockferry, as another node may have. */
bool group_files_state_is_broken(int dir_fd);
bool group_files_save_state(int dir_fd, const group_state *state, GError **error);

/* A text's name, for people. */
const char *group_files_text_name(enum store_text which);

/* Which file the state is: each that takes its place has another inode, or another time of change.
 * False when there is none. */
bool group_files_identify_state(int dir_fd, struct stat *identity);

/* The same of a text. */
bool group_files_identify_text(int dir_fd, enum store_text which, struct stat *identity);

GBytes *group_files_load_text(int dir_fd, enum store_text which, GError **error);
bool group_files_save_text(int dir_fd, enum store_text which, GBytes *text, GError **error);

#endif
