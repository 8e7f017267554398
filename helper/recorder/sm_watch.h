/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_RECORDER_SM_WATCH_H
#define LOCKFERRY_RECORDER_SM_WATCH_H

/*
 * Watches which files of statd's sm directory change, by inotify(7). tests/sim links another
 * implementation, for simulated directories.
 *
 * Order of calls: sm_watch_new() -> `woken` is called if there is something to read ->
 * sm_watch_read(), then or at any other time -> sm_watch_free().
 */

#include <glib.h>

typedef struct sm_watch sm_watch;

struct sm_watch_events {
	/* A file of that name was written, renamed into the directory, or removed. */
	void (*changed)(const char *name, void *data);
	/* Events were lost, so any file may have changed. */
	void (*lost)(void *data);
	/* The directory itself was removed, moved or unmounted. */
	void (*gone)(void *data);
};

/* Called from the default main context. */
typedef void (*sm_watch_woken)(void *data);

/* Watches the directory at `path` from now on. Returns NULL with LF_ERROR_FAILED. */
sm_watch *sm_watch_new(const char *path, sm_watch_woken woken, void *data, GError **error);

/* Reads everything that the kernel has to report now. */
void sm_watch_read(sm_watch *self, const struct sm_watch_events *events, void *data);

void sm_watch_free(sm_watch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sm_watch, sm_watch_free)

#endif
