/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/notifier_tcp.h"

#include "nsm/stream.h"
#include "nsm/wire.h"

/* At most this many clients that cannot even be tried (no route) are skipped at a time. */
#define STARTS_PER_TURN 64

struct notifier_tcp {
	GMainContext *context;
	endpoint source;
	const char *const *names;
	gint32 state;
	struct notifier_tcp_calls calls;
	void *data;
	GQueue waiting;      /* of clients */
	GPtrArray *attempts; /* of struct attempt, owned */
};

struct attempt {
	notifier_tcp *self;
	void *client;
	endpoint address;
	guint acknowledged; /* number of names */
	uint16_t port;      /* of its statd; 0 if unknown */
	guint32 xid;        /* of the call in progress */
	stream *stream;     /* of the call in progress; owned */
};

static void attempt_free(gpointer data)
{
	struct attempt *attempt = data;

	stream_close(attempt->stream);
	g_free(attempt);
}

notifier_tcp *notifier_tcp_new(GMainContext *context, const endpoint *source,
	const char *const *names, gint32 state, const struct notifier_tcp_calls *calls, void *data)
{
	notifier_tcp *self = g_new0(notifier_tcp, 1);

	self->context = g_main_context_ref(context);
	self->source = *source;
	self->names = names;
	self->state = state;
	self->calls = *calls;
	self->data = data;
	g_queue_init(&self->waiting);
	self->attempts = g_ptr_array_new_with_free_func(attempt_free);
	return self;
}

static gsize write_call(const struct attempt *attempt, guint8 *call)
{
	const notifier_tcp *self = attempt->self;

	if (attempt->port != 0)
		return wire_notify_call(call, WIRE_CALL_MAX_BYTES, attempt->xid,
			self->names[attempt->acknowledged], self->state);
	return wire_port_call(
		call, WIRE_CALL_MAX_BYTES, attempt->xid, WIRE_TCP, attempt->address.any.sa_family);
}

static void answered(const guint8 *reply, gsize length, void *data);

/* Makes the next call. Returns false if it cannot be tried. */
static bool call_next(struct attempt *attempt)
{
	guint8 call[WIRE_CALL_MAX_BYTES];
	endpoint to = attempt->address;
	gsize length;

	attempt->xid = wire_random_xid();
	endpoint_set_port(&to, attempt->port != 0 ? attempt->port : WIRE_RPCBIND_PORT);
	length = write_call(attempt, call);
	attempt->stream = stream_open(attempt->self->context, &attempt->self->source, &to, call,
		length, answered, attempt, NULL);
	return attempt->stream != NULL;
}

/* Whether the answer allows the next call. */
static bool take_answer(struct attempt *attempt, const guint8 *reply, gsize length)
{
	guint32 xid;
	const char *why;

	if (reply == NULL || !wire_reply_xid(reply, length, &xid) || xid != attempt->xid)
		return false;
	if (attempt->port == 0)
		return wire_port_reply(reply, length, attempt->address.any.sa_family,
			       &attempt->port, &why) &&
		       attempt->port != 0;
	if (!wire_notify_reply(reply, length, &why))
		return false;
	attempt->acknowledged++;
	return true;
}

/* Does nothing if the client needs no attempt any more. Ends the attempt at once if it cannot be
 * tried. */
static void begin(notifier_tcp *self, void *client)
{
	struct attempt *attempt = g_new0(struct attempt, 1);

	attempt->self = self;
	attempt->client = client;
	if (!self->calls.begin(client, &attempt->address, &attempt->acknowledged, self->data)) {
		g_free(attempt);
		return;
	}
	if (!call_next(attempt)) {
		guint acknowledged = attempt->acknowledged;

		g_free(attempt);
		self->calls.end(client, acknowledged, self->data);
		return;
	}
	g_ptr_array_add(self->attempts, attempt);
}

static void begin_waiting(notifier_tcp *self)
{
	for (guint i = 0; i < STARTS_PER_TURN && self->attempts->len < NOTIFIER_TCP_ATTEMPTS_MAX &&
			  !g_queue_is_empty(&self->waiting);
		i++)
		begin(self, g_queue_pop_head(&self->waiting));
}

/* This may free `self`. */
static void finish(struct attempt *attempt)
{
	notifier_tcp *self = attempt->self;
	void *client = attempt->client;
	guint acknowledged = attempt->acknowledged;

	g_ptr_array_remove_fast(self->attempts, attempt);
	begin_waiting(self);
	self->calls.end(client, acknowledged, self->data);
}

static void answered(const guint8 *reply, gsize length, void *data)
{
	struct attempt *attempt = data;
	bool further = take_answer(attempt, reply, length);

	g_clear_pointer(&attempt->stream, stream_close);
	if (!further || attempt->self->names[attempt->acknowledged] == NULL || !call_next(attempt))
		finish(attempt);
}

void notifier_tcp_send(notifier_tcp *self, void *client, bool first)
{
	if (first)
		g_queue_push_head(&self->waiting, client);
	else
		g_queue_push_tail(&self->waiting, client);
	begin_waiting(self);
}

void notifier_tcp_free(notifier_tcp *self)
{
	if (self == NULL)
		return;
	g_queue_clear(&self->waiting);
	g_ptr_array_unref(self->attempts);
	g_main_context_unref(self->context);
	g_free(self);
}
