/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_SERVE_WATCH_H
#define LOCKFERRY_KEEPER_SERVE_WATCH_H

/*
 * Watches the group's process (`lockferry serve`) for its keeper. One that dies is started again,
 * and takes up where it was. Without that, the cluster would restart the whole server, and the
 * group would have a grace period.
 *
 * serve_watch_new() -> serve_watch_begin() when the group is served -> `ended` when the process has
 * ended -> serve_watch_restart() by a worker -> serve_watch_begin(). All but the restart are for
 * the thread of the main loop.
 */

#include "keeper/server_options.h"

#include <glib.h>
#include <stdbool.h>

typedef struct serve_watch serve_watch;

/* It ended, or is not there. After a restart that did not help for long, it is called later: after
 * a pause that doubles up to a minute. */
typedef void (*serve_watch_ended)(void *data);

serve_watch *serve_watch_new(
	const char *run_dir, const char *group, serve_watch_ended ended, void *data);
void serve_watch_free(serve_watch *self);

/* Watch the one that runs. */
void serve_watch_begin(serve_watch *self);

/* Watch no more: it may end. */
void serve_watch_end(serve_watch *self);

guint serve_watch_restarts(const serve_watch *self);

/* Start it, and wait until it has the group. Blocks: for a worker. `program`: the path of
 * lockferry. */
bool serve_watch_restart(const server_options *options, const char *program, GError **error);

#endif
