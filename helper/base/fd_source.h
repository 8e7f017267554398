/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_BASE_FD_SOURCE_H
#define LOCKFERRY_BASE_FD_SOURCE_H

/*
 * A descriptor in a main loop, with one timer.
 *
 * Order of calls: fd_source_new() -> fd_source_watch(), fd_source_wake_at() -> iterations of the
 * context call `turn` -> ... -> fd_source_close(). fd_source_close() may also be called from within
 * `turn`.
 */

#include <glib.h>

typedef struct fd_source fd_source;

/* `condition` says for what the descriptor is ready; 0 means that only the timer has expired.
 * After G_SOURCE_REMOVE, it is not called again. */
typedef gboolean (*fd_source_turn)(GIOCondition condition, void *data);

/* Takes ownership of `fd`. `name` must be a literal. */
fd_source *fd_source_new(GMainContext *context, const char *name, int fd, GIOCondition condition,
	fd_source_turn turn, void *data);

/* Sets the conditions for which `turn` is called. */
void fd_source_watch(fd_source *self, GIOCondition condition);

/* Sets when the timer expires: monotonic, in microseconds. A negative time means never. An
 * expired timer calls `turn` in every iteration, until another time is set. */
void fd_source_wake_at(fd_source *self, gint64 us);

/* Returns the descriptor, which the source owns. */
int fd_source_fd(const fd_source *self);

/* Closes the descriptor as well. */
void fd_source_close(fd_source *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fd_source, fd_source_close)

#endif
