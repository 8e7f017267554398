/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_COURIER_H
#define LOCKFERRY_NSM_COURIER_H

/*
 * Tells clients over TCP that the server restarted: those that don't answer over UDP. An errand to
 * a client asks its rpcbind where its status monitor listens on TCP, and tells that under one name
 * after the other. So many errands at a time, each of which has an end (stream.h): a client that is
 * dead holds one for two seconds. The others wait in a queue.
 *
 * courier_new() -> courier_send() for a client -> `brief` when its turn comes -> `back`, once ->
 * courier_send() again, if that did not do -> courier_free(), at any time, also from within `back`.
 */

#include "net/endpoint.h"

#define COURIER_ERRANDS_MAX 64

typedef struct courier courier;

/*
 * `brief`: where the client is (port 0), and how many of the names it has acknowledged before;
 * false where nothing is to be done any more: the errand is over then, without `back`. It must call
 * nothing of the courier's.
 *
 * `back`: how many names it has acknowledged now. Where that are no more than before, it may be
 * called from within courier_send(), and must not free the courier then.
 */
struct courier_calls {
	bool (*brief)(void *client, endpoint *address, guint *acknowledged, void *data);
	void (*back)(void *client, guint acknowledged, void *data);
};

/* `source`, `names` (NULL-terminated) and `state` as in notifier.h; `names` is borrowed. The
 * call-backs are called from iterations of `context` and from courier_send(). */
courier *courier_new(GMainContext *context, const endpoint *source, const char *const *names,
	gint32 state, const struct courier_calls *calls, void *data);

/* Send to a client, which must not have an errand under way or waiting. `first`: before all others
 * that wait. */
void courier_send(courier *self, void *client, bool first);

void courier_free(courier *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(courier, courier_free)

#endif
