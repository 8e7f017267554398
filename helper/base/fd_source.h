/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_BASE_FD_SOURCE_H
#define LOCKFERRY_BASE_FD_SOURCE_H

/*
 * A descriptor in a main loop, with one alarm.
 *
 * fd_source_new() -> fd_source_watch(), fd_source_wake_at() -> `turn`, from iterations of the
 * context -> ... -> fd_source_close(), also from within `turn`.
 */

#include <glib.h>

typedef struct fd_source fd_source;

/* `condition` is what the descriptor is ready for; 0: only the alarm went off. G_SOURCE_REMOVE: it
 * is not called again. */
typedef gboolean (*fd_source_turn)(GIOCondition condition, void *data);

/* Owns `fd` from now on. `name` is a literal. */
fd_source *fd_source_new(GMainContext *context, const char *name, int fd, GIOCondition condition,
	fd_source_turn turn, void *data);

/* What to wait for from now on. */
void fd_source_watch(fd_source *self, GIOCondition condition);

/* When the alarm goes off: monotonic, in microseconds; negative: never. It then goes off in every
 * iteration, until it is set to another time. */
void fd_source_wake_at(fd_source *self, gint64 us);

/* The source's. */
int fd_source_fd(const fd_source *self);

/* Closes the descriptor. */
void fd_source_close(fd_source *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fd_source, fd_source_close)

#endif
