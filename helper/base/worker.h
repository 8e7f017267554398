/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_BASE_WORKER_H
#define LOCKFERRY_BASE_WORKER_H

/*
 * A worker is a thread that runs jobs in order. Everything that can hang on a disk, or takes long,
 * is a job, so the main loop never blocks.
 *
 * Order of calls: worker_new() -> worker_push() any number of times -> worker_free(), which waits
 * for all jobs. A job runs on the worker's thread. When it ends, its `done` is called in the main
 * context that was the thread's default during worker_new(), before the `done` of any later job.
 * Between the push and the call of `done`, only the job may use its data.
 */

#include <glib.h>
#include <stdbool.h>

typedef struct worker worker;

/* Returns false with `error` on failure. */
typedef bool (*worker_job)(void *data, GError **error);

/* `error` is NULL if the job succeeded. It is freed afterwards. This function must free `data`
 * if necessary. */
typedef void (*worker_done)(void *data, const GError *error);

worker *worker_new(void);
void worker_push(worker *self, worker_job job, worker_done done, void *data);

/* Returns how long the current job has been running, in milliseconds, or 0 if there is none.
 * This shows a disk that hangs. */
gint64 worker_busy_ms(worker *self);

/* If a `done` pushes another job meanwhile, that job does not run. Its `done` is called at once,
 * with an error. */
void worker_free(worker *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(worker, worker_free)

#endif
