/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_METRICS_FILE_H
#define LOCKFERRY_SERVICE_METRICS_FILE_H

/*
 * A group's metrics as a file for the textfile collector of Prometheus' node_exporter:
 * DIRECTORY/lockferry-GROUP.prom, whole at any time.
 *
 * metrics_file_new() -> metrics_file_offer() each second -> metrics_file_free(), which removes the
 * file. The file is written by a thread of its own: the store's may hang with the store's disk,
 * which is when metrics are wanted most, and this one may hang with the directory's disk, which is
 * nobody else's business. It is not forced to the disk: it is old within seconds.
 */

#include <glib.h>

typedef struct metrics_file metrics_file;

/* How the last write went: what is wrong and what to do about it, or NULL. */
typedef void (*metrics_file_written)(const char *problem, void *data);

/* `directory` needn't be there yet. The texts are copied. */
metrics_file *metrics_file_new(
	const char *directory, const char *group, metrics_file_written written, void *data);

/* Write `text` if it isn't what was written last, if that was a while ago, or if it failed. Takes
 * ownership. Drops it while the thread is still at the last one. */
void metrics_file_offer(metrics_file *self, char *text);

/* Removes the file; waits a second for that. */
void metrics_file_free(metrics_file *self);

#endif
