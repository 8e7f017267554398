/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_BASE_DURABLE_H
#define LOCKFERRY_BASE_DURABLE_H

/*
 * Small files that survive a crash: whole, old or new, never in between.
 *
 * durable_stage() any number of files, then durable_publish() each, then durable_sync() the
 * directory: only then are they on the disk under their names. durable_replace() does the three for
 * one file. Temporary names begin with a dot; durable_is_temporary() knows them, and what a crash
 * left of them may be deleted.
 */

#include <glib.h>
#include <stdbool.h>

/* Write `length` bytes to the temporary file of `name` in the directory `dir_fd` and force them to
 * the disk. */
bool durable_stage(int dir_fd, const char *name, const void *bytes, gsize length, GError **error);

/* The same in two steps, for many files: what comes between, the writing of others, needn't wait
 * for the disk. The first returns a descriptor, -1 on an error; the second takes it. */
int durable_stage_begin(
	int dir_fd, const char *name, const void *bytes, gsize length, GError **error);
bool durable_stage_end(int dir_fd, int fd, const char *name, GError **error);

/* Give a staged file its name, in place of one that has it. */
bool durable_publish(int dir_fd, const char *name, GError **error);

/* Force the directory's entries to the disk. */
bool durable_sync(int dir_fd, GError **error);

bool durable_replace(int dir_fd, const char *name, const void *bytes, gsize length, GError **error);

/*
 * The same for where it matters how long it takes: making a file is most of that, so this is done
 * ahead. durable_spare() makes a file without a name in the directory, of which a crash leaves
 * nothing (-1: the filesystem knows no such files); durable_replace_by() takes it.
 */
int durable_spare(int dir_fd);
bool durable_replace_by(int spare_fd, int dir_fd, const char *name, const void *bytes, gsize length,
	GError **error);

/* Remove `name` for good; that it isn't there is no error. */
bool durable_remove(int dir_fd, const char *name, GError **error);

bool durable_is_temporary(const char *name);

/* Remove the temporary files that a crash left in a directory, as far as they can be removed.
 * Nobody else may be writing there. */
void durable_tidy(int dir_fd);

/*
 * Read a whole regular file of at most `max_bytes`, following no link. NULL with `error`; it is
 * G_FILE_ERROR_NOENT of G_FILE_ERROR when there's no such file.
 */
GBytes *durable_read(int dir_fd, const char *name, gsize max_bytes, GError **error);

/* The same, but where there's no such file NULL without an error. */
GBytes *durable_read_optional(int dir_fd, const char *name, gsize max_bytes, GError **error);

#endif
