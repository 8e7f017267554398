/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_BASE_DURABLE_H
#define LOCKFERRY_BASE_DURABLE_H

/*
 * Small files that survive a crash: each is completely old or completely new, never in between.
 *
 * Order of calls: durable_stage() for any number of files -> durable_publish() for each ->
 * durable_sync() for the directory. Only after this are they on the disk under their names.
 * durable_replace() does all three for one file. Temporary names begin with a dot.
 * durable_is_temporary() recognizes them, and such files that a crash left may be deleted.
 */

#include <glib.h>
#include <stdbool.h>

/* Writes `length` bytes to the temporary file of `name` in the directory `dir_fd`, and syncs it. */
bool durable_stage(int dir_fd, const char *name, const void *bytes, gsize length, GError **error);

/*
 * Does the same in two steps, for many files: other files can be written before the first one is
 * waited for. The first function returns a descriptor, or -1 with `error`. The second one closes
 * it.
 */
int durable_stage_begin(
	int dir_fd, const char *name, const void *bytes, gsize length, GError **error);
bool durable_stage_end(int dir_fd, int fd, const char *name, GError **error);

/* Renames a staged file to its name, and replaces an existing file of that name. */
bool durable_publish(int dir_fd, const char *name, GError **error);

/* Syncs the directory's entries. */
bool durable_sync(int dir_fd, GError **error);

bool durable_replace(int dir_fd, const char *name, const void *bytes, gsize length, GError **error);

/*
 * Do the same as durable_replace(), faster: most of its time is the creation of the file, so that
 * is done in advance. durable_spare() creates a file without a name in the directory. A crash
 * leaves nothing of it. It returns -1 if the filesystem does not support such files.
 * durable_replace_by() uses up the file.
 */
int durable_spare(int dir_fd);
bool durable_replace_by(int spare_fd, int dir_fd, const char *name, const void *bytes, gsize length,
	GError **error);

/* Removes `name` durably. A missing file is not an error. */
bool durable_remove(int dir_fd, const char *name, GError **error);

bool durable_is_temporary(const char *name);

/* Removes the temporary files that a crash left in a directory, as far as possible. No other
 * process may be writing there. */
void durable_tidy(int dir_fd);

/*
 * Reads a whole regular file of at most `max_bytes`, without following links. Returns NULL with
 * `error`. If the file does not exist, the error is G_FILE_ERROR_NOENT of the domain G_FILE_ERROR.
 */
GBytes *durable_read(int dir_fd, const char *name, gsize max_bytes, GError **error);

/* Does the same, but returns NULL without an error if the file does not exist. */
GBytes *durable_read_optional(int dir_fd, const char *name, gsize max_bytes, GError **error);

#endif
