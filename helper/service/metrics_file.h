/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_METRICS_FILE_H
#define LOCKFERRY_SERVICE_METRICS_FILE_H

/*
 * Writes a group's metrics for the textfile collector of Prometheus' node_exporter, into
 * DIRECTORY/lockferry-GROUP.prom. A reader never sees a half-written file.
 *
 * Order of calls: metrics_file_new() -> metrics_file_offer() each second -> metrics_file_free(),
 * which removes the file.
 *
 * A thread of its own writes the file. The store's thread may hang with the store's disk, and
 * metrics are needed most at that time. This thread may hang with the disk of the directory, and
 * then only the metrics wait. The file is not synced to the disk, because it is out of date within
 * seconds.
 */

#include <glib.h>

typedef struct metrics_file metrics_file;

/* Reports the last write: what is wrong and what to do about it; NULL if it succeeded. */
typedef void (*metrics_file_written)(const char *problem, void *data);

/* `directory` need not exist yet. The texts are copied. */
metrics_file *metrics_file_new(
	const char *directory, const char *group, metrics_file_written written, void *data);

/* Writes `text` if it differs from the text written last, if the last write was long ago, or if it
 * failed. Takes ownership of `text`. Drops it if the thread is still busy with the last write. */
void metrics_file_offer(metrics_file *self, char *text);

/* Removes the file, and waits one second at most for that. */
void metrics_file_free(metrics_file *self);

#endif
