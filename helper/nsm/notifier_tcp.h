/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_NOTIFIER_TCP_H
#define LOCKFERRY_NSM_NOTIFIER_TCP_H

/*
 * Tells clients over TCP that the server restarted: those that don't answer over UDP. An attempt to
 * a client asks its rpcbind where its status monitor listens on TCP, and tells that under one name
 * after the other. So many attempts at a time, each of which has an end (stream.h): a client that
 * is dead holds its place for two seconds. The others wait in a queue.
 *
 * notifier_tcp_new() -> notifier_tcp_send() for a client -> `begin` when its turn comes -> `end`,
 * once -> notifier_tcp_send() again, if that did not do -> notifier_tcp_free(), at any time, also
 * from within `end`.
 */

#include "net/endpoint.h"

#define NOTIFIER_TCP_ATTEMPTS_MAX 64

typedef struct notifier_tcp notifier_tcp;

/*
 * `begin`: where the client is (port 0), and how many of the names it has acknowledged before;
 * false where there is nothing more to do: the attempt is over then, without `end`. It must call
 * no function of this header.
 *
 * `end`: how many names it has acknowledged now. Where that are no more than before, it may be
 * called from within notifier_tcp_send(), and must not free `self` then.
 */
struct notifier_tcp_calls {
	bool (*begin)(void *client, endpoint *address, guint *acknowledged, void *data);
	void (*end)(void *client, guint acknowledged, void *data);
};

/* `source`, `names` (NULL-terminated) and `state` as in notifier.h; `names` is borrowed. The
 * call-backs are called from iterations of `context` and from notifier_tcp_send(). */
notifier_tcp *notifier_tcp_new(GMainContext *context, const endpoint *source,
	const char *const *names, gint32 state, const struct notifier_tcp_calls *calls, void *data);

/* Send to a client, which must not have an attempt under way or waiting. `first`: before all others
 * that wait. */
void notifier_tcp_send(notifier_tcp *self, void *client, bool first);

void notifier_tcp_free(notifier_tcp *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(notifier_tcp, notifier_tcp_free)

#endif
