/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_RECORDER_RECORDER_H
#define LOCKFERRY_RECORDER_RECORDER_H

/*
 * The recorder stores everything in statd's sm directory durably, as soon as it appears.
 *
 * Order of calls: recorder_new() -> recorder_start() -> recorder_rescan() for the existing files ->
 * the callbacks are called -> recorder_stop() -> recorder_free(). inotify reports which files
 * changed. The worker thread reads and stores them, and all changes in the meantime form one job.
 * If inotify lost events, the whole directory is read again. What cannot be stored is tried again
 * each second. A record that is removed from `sm` stays in the store and is reported as absent, see
 * service/deletions.h.
 */

#include "base/worker.h"
#include "recorder/capture.h"

typedef struct recorder recorder;

struct recorder_events {
	/* `what` is in the store now. It is borrowed. */
	void (*captured)(const struct captured *what, void *data);
	/* Reports a problem with recording. NULL means that it is over. */
	void (*problem)(const char *text, void *data);
};

/*
 * All arguments are borrowed and must outlive the recorder. The recorder's jobs use the capture
 * `by` on the thread of `thread`, so it must not be used anywhere else meanwhile.
 */
recorder *recorder_new(
	struct capture *by, worker *thread, const struct recorder_events *events, void *data);

/* Starts to watch the directory. */
bool recorder_start(recorder *self, GError **error);

/* Reads the whole directory. `done` is called after `captured`, when everything is in the store,
 * or with the error. */
void recorder_rescan(recorder *self, worker_done done, void *data);

/*
 * A barrier: `done` is called when everything that the directory's files contain at this moment is
 * in the store. If it already is, `done` is called directly from this function. It gets an error
 * only if the recorder is stopped before that: a failing store is tried again for as long as
 * necessary.
 */
void recorder_sync(recorder *self, worker_done done, void *data);

/* Stops watching the directory. Jobs that the worker already has are still done and reported. */
void recorder_stop(recorder *self);

/* Must be called after the worker has been freed. */
void recorder_free(recorder *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(recorder, recorder_free)

#endif
