/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_VERIFY_FILE_SEARCH_H
#define LOCKFERRY_VERIFY_FILE_SEARCH_H

/*
 * Finds the paths of files on one filesystem by their inode numbers. The kernel cannot map a number
 * to a path, so this searches the directories.
 *
 * Order of calls: file_search_new() -> file_search_want() -> file_search_below() ->
 * file_search_path() -> file_search_free(). The names nearest to the top are searched first. The
 * search reads no file, follows no link, enters no other mount, and gives up after `max_names`
 * names or `max_ms` milliseconds.
 */

#include <glib.h>

typedef struct file_search file_search;

file_search *file_search_new(guint max_names, guint max_ms);
void file_search_free(file_search *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(file_search, file_search_free)

void file_search_want(file_search *self, guint64 inode);

/* Searches below this directory for the files that were not found yet. Skips what cannot be
 * read. */
void file_search_below(file_search *self, const char *directory);

/* One path of a wanted file; NULL if it was not found. Owned by the search. */
const char *file_search_path(const file_search *self, guint64 inode);

#endif
