/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_RECORDER_WRITER_H
#define LOCKFERRY_RECORDER_WRITER_H

/*
 * The writer: one thread that does everything that can hang on a disk, in order, so that the main
 * loop never does.
 *
 * writer_new() -> writer_push() any number of times -> writer_free(), which waits for what was
 * pushed. A job runs on the writer's thread; when it is done its `done` runs in the main context
 * that was the thread's default at writer_new(), before the `done` of any later job. Jobs share
 * their data with nobody else between the push and the call of `done`.
 */

#include <glib.h>
#include <stdbool.h>

typedef struct writer writer;

/* False with `error` when it failed. */
typedef bool (*writer_job)(void *data, GError **error);

/* `error` is NULL when the job succeeded; it is freed afterwards. Must free `data` if need be. */
typedef void (*writer_done)(void *data, const GError *error);

writer *writer_new(void);
void writer_push(writer *self, writer_job job, writer_done done, void *data);

/* For how long the job at work has been at it, in milliseconds; 0 when there's none. A disk that
 * hangs shows here. */
gint64 writer_busy_ms(writer *self);

void writer_free(writer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(writer, writer_free)

#endif
