/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_BASE_WORKER_H
#define LOCKFERRY_BASE_WORKER_H

/*
 * A worker: one thread that does what can hang on a disk, or takes long, in order, so that the main
 * loop never does.
 *
 * worker_new() -> worker_push() any number of times -> worker_free(), which waits for what was
 * pushed. A job runs on the worker's thread; when it is done its `done` runs in the main context
 * that was the thread's default at worker_new(), before the `done` of any later job. Jobs share
 * their data with nobody else between the push and the call of `done`.
 */

#include <glib.h>
#include <stdbool.h>

typedef struct worker worker;

/* False with `error` when it failed. */
typedef bool (*worker_job)(void *data, GError **error);

/* `error` is NULL when the job succeeded; it is freed afterwards. Must free `data` if need be. */
typedef void (*worker_done)(void *data, const GError *error);

worker *worker_new(void);
void worker_push(worker *self, worker_job job, worker_done done, void *data);

/* For how long the job at work has been at it, in milliseconds; 0 when there's none. A disk that
 * hangs shows here. */
gint64 worker_busy_ms(worker *self);

/* A job that a `done` pushes meanwhile is not done: its own `done` runs at once, with an error. */
void worker_free(worker *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(worker, worker_free)

#endif
