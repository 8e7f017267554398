/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_RECORDER_SM_WATCH_H
#define LOCKFERRY_RECORDER_SM_WATCH_H

/*
 * Which files of statd's sm directory changed, as the kernel tells by inotify(7). tests/sim links
 * one of its own in this one's place, for directories that are simulated.
 *
 * sm_watch_new() -> `woken` when there is something to tell -> sm_watch_read(), then or at any time
 * -> sm_watch_free().
 */

#include <glib.h>

typedef struct sm_watch sm_watch;

struct sm_watch_events {
	/* A file of that name was written, came by a rename, or went away. */
	void (*changed)(const char *name, void *data);
	/* Events were lost: any file may have changed. */
	void (*lost)(void *data);
	/* The directory itself was removed, moved or unmounted. */
	void (*gone)(void *data);
};

/* From the default main context. */
typedef void (*sm_watch_woken)(void *data);

/* Watch the directory at `path` from now on. NULL with `error` (failed). */
sm_watch *sm_watch_new(const char *path, sm_watch_woken woken, void *data, GError **error);

/* Whatever the kernel has to tell by now. */
void sm_watch_read(sm_watch *self, const struct sm_watch_events *events, void *data);

void sm_watch_free(sm_watch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sm_watch, sm_watch_free)

#endif
