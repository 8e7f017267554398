/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/courier.h"

#include "nsm/stream.h"
#include "nsm/wire.h"

/* How many clients that can't even be tried (no route) are passed over at a time. */
#define STARTS_PER_TURN 64

struct courier {
	GMainContext *context;
	endpoint source;
	const char *const *names;
	gint32 state;
	struct courier_calls calls;
	void *data;
	GQueue waiting;  /* of clients */
	GPtrArray *away; /* of struct errand, owned */
};

struct errand {
	courier *self;
	void *client;
	endpoint address;
	guint acknowledged; /* names */
	uint16_t port;      /* of its statd; 0: not known */
	guint32 xid;        /* of the call under way */
	stream *stream;     /* the same; owned */
};

static void errand_free(gpointer data)
{
	struct errand *errand = data;

	stream_close(errand->stream);
	g_free(errand);
}

courier *courier_new(GMainContext *context, const endpoint *source, const char *const *names,
	gint32 state, const struct courier_calls *calls, void *data)
{
	courier *self = g_new0(courier, 1);

	self->context = g_main_context_ref(context);
	self->source = *source;
	self->names = names;
	self->state = state;
	self->calls = *calls;
	self->data = data;
	g_queue_init(&self->waiting);
	self->away = g_ptr_array_new_with_free_func(errand_free);
	return self;
}

static gsize write_call(const struct errand *errand, guint8 *call)
{
	const courier *self = errand->self;

	if (errand->port != 0)
		return wire_notify_call(call, WIRE_CALL_MAX_BYTES, errand->xid,
			self->names[errand->acknowledged], self->state);
	return wire_port_call(
		call, WIRE_CALL_MAX_BYTES, errand->xid, WIRE_TCP, errand->address.any.sa_family);
}

static void answered(const guint8 *reply, gsize length, void *data);

/* The next call; false where it can't be tried. */
static bool call_next(struct errand *errand)
{
	guint8 call[WIRE_CALL_MAX_BYTES];
	endpoint to = errand->address;
	gsize length;

	errand->xid = wire_random_xid();
	endpoint_set_port(&to, errand->port != 0 ? errand->port : WIRE_RPCBIND_PORT);
	length = write_call(errand, call);
	errand->stream = stream_open(errand->self->context, &errand->self->source, &to, call,
		length, answered, errand, NULL);
	return errand->stream != NULL;
}

/* Whether the answer brings the errand further. */
static bool take_answer(struct errand *errand, const guint8 *reply, gsize length)
{
	guint32 xid;
	const char *why;

	if (reply == NULL || !wire_reply_xid(reply, length, &xid) || xid != errand->xid)
		return false;
	if (errand->port == 0)
		return wire_port_reply(
			       reply, length, errand->address.any.sa_family, &errand->port, &why) &&
		       errand->port != 0;
	if (!wire_notify_reply(reply, length, &why))
		return false;
	errand->acknowledged++;
	return true;
}

/* Nothing comes of it where it has no use any more, or can't be tried. */
static void begin(courier *self, void *client)
{
	struct errand *errand = g_new0(struct errand, 1);

	errand->self = self;
	errand->client = client;
	if (!self->calls.brief(client, &errand->address, &errand->acknowledged, self->data)) {
		g_free(errand);
		return;
	}
	if (!call_next(errand)) {
		guint acknowledged = errand->acknowledged;

		g_free(errand);
		self->calls.back(client, acknowledged, self->data);
		return;
	}
	g_ptr_array_add(self->away, errand);
}

static void begin_waiting(courier *self)
{
	for (guint i = 0; i < STARTS_PER_TURN && self->away->len < COURIER_ERRANDS_MAX &&
			  !g_queue_is_empty(&self->waiting);
		i++)
		begin(self, g_queue_pop_head(&self->waiting));
}

/* The courier may be freed by this. */
static void come_back(struct errand *errand)
{
	courier *self = errand->self;
	void *client = errand->client;
	guint acknowledged = errand->acknowledged;

	g_ptr_array_remove_fast(self->away, errand);
	begin_waiting(self);
	self->calls.back(client, acknowledged, self->data);
}

static void answered(const guint8 *reply, gsize length, void *data)
{
	struct errand *errand = data;
	bool further = take_answer(errand, reply, length);

	g_clear_pointer(&errand->stream, stream_close);
	if (!further || errand->self->names[errand->acknowledged] == NULL || !call_next(errand))
		come_back(errand);
}

void courier_send(courier *self, void *client, bool first)
{
	if (first)
		g_queue_push_head(&self->waiting, client);
	else
		g_queue_push_tail(&self->waiting, client);
	begin_waiting(self);
}

void courier_free(courier *self)
{
	if (self == NULL)
		return;
	g_queue_clear(&self->waiting);
	g_ptr_array_unref(self->away);
	g_main_context_unref(self->context);
	g_free(self);
}
