/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_RECORDER_RECORDER_H
#define LOCKFERRY_RECORDER_RECORDER_H

/*
 * The recorder: whatever statd's sm directory holds gets into the store, durably, as it appears.
 *
 * recorder_new() -> recorder_start() -> recorder_rescan(), for what is there already -> the
 * call-backs -> recorder_stop() -> recorder_free(). inotify tells which files changed; they are
 * read and stored by the worker thread, all that changed meanwhile in one go; the whole directory
 * is read again whenever inotify lost events. What cannot be stored is kept in mind and tried again
 * each second. A record that goes away in `sm` stays in the store, and is reported as
 * absent: see service/deletions.h.
 */

#include "base/worker.h"
#include "recorder/capture.h"

typedef struct recorder recorder;

struct recorder_events {
	/* `what` is in the store now; borrowed. */
	void (*captured)(const struct captured *what, void *data);
	/* What is wrong with recording; NULL: nothing is any more. */
	void (*problem)(const char *text, void *data);
};

/*
 * All is borrowed and must outlive the recorder; `by` is the capture that the recorder's jobs work
 * with on the thread of `thread`, so it must not be used elsewhere meanwhile.
 */
recorder *recorder_new(
	struct capture *by, worker *thread, const struct recorder_events *events, void *data);

/* Watch the directory from now on. */
bool recorder_start(recorder *self, GError **error);

/* Read the whole directory; `done` runs after `captured`, when all of it is in the store, or with
 * the error. */
void recorder_rescan(recorder *self, worker_done done, void *data);

/*
 * A barrier: `done` runs when whatever the directory's files held at this moment is in the store;
 * at once, from within this call, where it is already. With the error only when the recorder is
 * stopped before: a store that fails is tried again as long as it takes.
 */
void recorder_sync(recorder *self, worker_done done, void *data);

/* Take no more notice of the directory. What the worker has of ours already is still done, and
 * reported. */
void recorder_stop(recorder *self);

/* After the worker has been freed. */
void recorder_free(recorder *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(recorder, recorder_free)

#endif
