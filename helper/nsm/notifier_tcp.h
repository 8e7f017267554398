/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_NOTIFIER_TCP_H
#define LOCKFERRY_NSM_NOTIFIER_TCP_H

/*
 * Tells clients over TCP that the server restarted, if they do not answer over UDP. An attempt asks
 * the client's rpcbind for the TCP port of its status monitor, and then notifies that port under
 * each name in turn. The number of attempts at a time is limited. Each attempt ends after a limited
 * time (stream.h): a dead client occupies its place for two seconds. The other clients wait in a
 * queue.
 *
 * Order of calls: notifier_tcp_new() -> notifier_tcp_send() for a client -> `begin` is called when
 * its attempt starts -> `end` is called once -> notifier_tcp_send() again if the attempt failed ->
 * notifier_tcp_free(). notifier_tcp_free() may be called at any time, even from within `end`.
 */

#include "net/endpoint.h"

#define NOTIFIER_TCP_ATTEMPTS_MAX 64

typedef struct notifier_tcp notifier_tcp;

/*
 * `begin` returns the client's address (with port 0), and how many names it has acknowledged
 * before. If it returns false, there is nothing left to do, and the attempt is over without `end`.
 * It must not call any function of this header.
 *
 * `end` gets how many names the client has acknowledged now. If there are no more than before,
 * notifier_tcp_send() may call it directly; then it must not free `self`.
 */
struct notifier_tcp_calls {
	bool (*begin)(void *client, endpoint *address, guint *acknowledged, void *data);
	void (*end)(void *client, guint acknowledged, void *data);
};

/* `source`, `names` (NULL-terminated) and `state` are as in notifier.h. `names` is borrowed.
 * Iterations of `context` and notifier_tcp_send() call the callbacks. */
notifier_tcp *notifier_tcp_new(GMainContext *context, const endpoint *source,
	const char *const *names, gint32 state, const struct notifier_tcp_calls *calls, void *data);

/* Starts or queues an attempt for a client, which must not have one in progress or in the queue.
 * `first` puts it at the front of the queue. */
void notifier_tcp_send(notifier_tcp *self, void *client, bool first);

void notifier_tcp_free(notifier_tcp *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(notifier_tcp, notifier_tcp_free)

#endif
