/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_GROUP_FILES_H
#define LOCKFERRY_STORE_GROUP_FILES_H

/*
 * The files about the group itself in a store's directory. They are the same for every kind of
 * store.
 *
 *	state		the group's state (group/state.h)
 *	locks, locks.recorded, connections, may_have_lost, answers, recoveries
 *			its texts (enum store_text)
 *
 * They are files in a sqlite store too. Before every write, the process must read from the disk
 * whether another node has taken the group over. An open database would answer from its own memory
 * instead. The contract of each function is that of the function with the same name in store.h.
 */

#include "group/state.h"
#include "store/terms.h"

#include <glib.h>
#include <stdbool.h>
#include <sys/stat.h>

group_state *group_files_load_state(int dir_fd, GError **error);

/* Whether the state is missing, or is a text that no process wrote. Returns false if the state
 * cannot be read, or comes from another version of lockferry, which another node may have. */
bool group_files_state_is_broken(int dir_fd);
bool group_files_save_state(int dir_fd, const group_state *state, GError **error);

/* The name of a text, for messages. */
const char *group_files_text_name(enum store_text which);

/* Identifies the file of the state. Every file that replaces it has another inode or another
 * time of change. Returns false if there is none. */
bool group_files_identify_state(int dir_fd, struct stat *identity);

/* Does the same for a text. */
bool group_files_identify_text(int dir_fd, enum store_text which, struct stat *identity);

GBytes *group_files_load_text(int dir_fd, enum store_text which, GError **error);
bool group_files_save_text(int dir_fd, enum store_text which, GBytes *text, GError **error);

#endif
