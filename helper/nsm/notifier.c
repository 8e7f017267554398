/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/notifier.h"

#include "base/clock.h"
#include "base/error.h"
#include "net/udp.h"
#include "nsm/notifier_tcp.h"
#include "nsm/turns.h"
#include "nsm/wire.h"

#include <string.h>

#define FIRST_DELAY_US (G_USEC_PER_SEC / 4)
#define LONGEST_DELAY_US (8 * G_USEC_PER_SEC)
#define SILENCE_US (10 * G_USEC_PER_SEC)

/* After this many SM_NOTIFYs without an answer, the port is asked for again. statd may have
 * restarted on another port. */
#define TELLS_PER_PORT 3

/* After this many packets without an answer, TCP is tried as well. That many packets may be lost
 * on the network, but this is rare. */
#define SENDS_BEFORE_TCP 3

/*
 * The most work of one kind before the main loop runs its other sources. More answers than calls
 * are handled, because waiting answers overflow the socket's buffer in the end and must then be
 * asked for again.
 */
#define SENDS_PER_TURN 256
#define RECEIVES_PER_TURN 1024
#define SILENCES_PER_TURN 256

#define NAME_MAX_BYTES 255

/* The time `due` of calls that go before all calls with a time, and of those that wait for their
 * turn. */
#define AT_ONCE 0
#define NOT_YET G_MAXINT64

/*
 * A client in progress. It is asked for the port of its statd, then notified under each name in
 * turn. At most one question and one SM_NOTIFY are in progress. Each keeps its id until it is
 * answered, however often it is sent.
 */
struct peer {
	char *mon_name;
	endpoint address;     /* the port is 0 */
	uint16_t port;        /* of its statd; 0 if unknown */
	guint32 ask_xid;      /* 0 if no question is in progress */
	guint32 tell_xid;     /* 0 if no SM_NOTIFY is in progress */
	bool asking;          /* the next packet is a question, otherwise an SM_NOTIFY */
	guint name;           /* the name to send next; all names before it are acknowledged */
	guint sends;          /* since the client last sent something new; determines the delay */
	guint tells;          /* SM_NOTIFYs since the port was last asked for */
	bool told;            /* the first SM_NOTIFY was sent */
	bool heard;           /* its rpcbind has answered at least once */
	bool tcp_pending;     /* an attempt over TCP is in progress */
	bool had_priority;    /* over TCP; at most once, see try_tcp() */
	gint64 due;           /* monotonic, in microseconds */
	gint64 silent_at;     /* monotonic, in microseconds */
	GSequenceIter *place; /* its place in `waiting`; NULL once acknowledged */
};

struct notifier {
	endpoint source;
	char **names;
	guint names_count;
	gint32 state;
	notifier_changed changed;
	void *data;

	udp *socket;       /* NULL if not started */
	notifier_tcp *tcp; /* exists as long as the socket */

	GHashTable *peers;  /* mon_name -> owned struct peer */
	GHashTable *calls;  /* xid -> struct peer, for calls in progress */
	GSequence *waiting; /* struct peer, not acknowledged, sorted by `due` */
	GQueue quiet;       /* struct peer by `silent_at`, SILENT not yet reported */
	turns *turns;       /* of struct peer: who may be told for the first time */
	guint pending;
	guint strays;

	bool busy; /* callbacks may be running, so the memory is freed only after they end */
	bool doomed;
};

static void peer_free(gpointer data)
{
	struct peer *peer = data;

	g_free(peer->mon_name);
	g_free(peer);
}

static int compare_due(gconstpointer a, gconstpointer b, gpointer data G_GNUC_UNUSED)
{
	gint64 first = ((const struct peer *)a)->due;
	gint64 second = ((const struct peer *)b)->due;

	return (first > second) - (first < second);
}

static void peer_set_due(struct peer *peer, gint64 due)
{
	peer->due = due;
	g_sequence_sort_changed(peer->place, compare_due, NULL);
}

/* The delay doubles. It is shortened by up to an eighth, so that clients that were asked at the
 * same time are asked again at different times. */
static gint64 delay_after(guint sends)
{
	gint64 delay = FIRST_DELAY_US;

	for (guint i = 1; i < sends && delay < LONGEST_DELAY_US; i++)
		delay *= 2;
	return delay - g_random_int_range(0, (gint32)(delay / 8));
}

static guint32 new_call(notifier *self, struct peer *peer)
{
	guint32 xid;

	do
		xid = wire_random_xid();
	while (xid == 0 || g_hash_table_contains(self->calls, GUINT_TO_POINTER(xid)));
	g_hash_table_insert(self->calls, GUINT_TO_POINTER(xid), peer);
	return xid;
}

static void end_call(notifier *self, guint32 *xid)
{
	g_hash_table_remove(self->calls, GUINT_TO_POINTER(*xid));
	*xid = 0;
}

static void report(notifier *self, struct peer *peer, enum notifier_step step)
{
	self->changed(peer->mon_name, step, self->data);
}

static bool check_names(const char *const *names, GError **error)
{
	if (!names[0]) {
		g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
			"no name of the server was given: give at least one");
		return false;
	}
	for (gsize i = 0; names[i]; i++) {
		gsize length = strlen(names[i]);

		if (length == 0 || length > NAME_MAX_BYTES) {
			g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
				"'%.300s' cannot be a name of the server: it must have 1 to %d bytes",
				names[i], NAME_MAX_BYTES);
			return false;
		}
	}
	return true;
}

notifier *notifier_new(const char *source, const char *const *names, gint32 state,
	notifier_changed changed, void *data, GError **error)
{
	endpoint address;

	if (!endpoint_parse(source, &address, error)) {
		g_prefix_error(error, "cannot notify: ");
		return NULL;
	}
	if (!check_names(names, error))
		return NULL;
	if (state % 2 == 0) {
		g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
			"the state number %d is even, which tells clients that the server is down",
			state);
		return NULL;
	}

	notifier *self = g_new0(notifier, 1);
	self->source = address;
	self->names = g_strdupv((char **)names);
	self->names_count = g_strv_length(self->names);
	self->state = state;
	self->changed = changed;
	self->data = data;
	self->peers = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, peer_free);
	self->calls = g_hash_table_new(NULL, NULL);
	self->waiting = g_sequence_new(NULL);
	g_queue_init(&self->quiet);
	self->turns = turns_new();
	return self;
}

static bool parse_client(
	const notifier *self, const char *mon_name, endpoint *address, GError **error)
{
	if (!endpoint_parse(mon_name, address, error))
		return false;
	if (address->any.sa_family != self->source.any.sa_family) {
		g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
			"'%s' and the address to notify from are of different families", mon_name);
		return false;
	}
	endpoint_borrow_interface(address, &self->source);
	if (endpoint_lacks_interface(address)) {
		g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
			"'%s' is link-local, and its interface is not known", mon_name);
		return false;
	}
	return true;
}

static gint64 wake_up_time(notifier *self);

static void wake_up(notifier *self)
{
	if (self->socket && !self->doomed)
		udp_wake_at(self->socket, wake_up_time(self));
}

static void start_clock(notifier *self, struct peer *peer, gint64 now)
{
	peer->silent_at = now + SILENCE_US;
	g_queue_push_tail(&self->quiet, peer);
}

bool notifier_add(notifier *self, const char *mon_name, GError **error)
{
	return notifier_add_at(self, mon_name, mon_name, error);
}

bool notifier_add_at(notifier *self, const char *mon_name, const char *at, GError **error)
{
	endpoint address;

	if (g_hash_table_contains(self->peers, mon_name))
		return true;
	if (!parse_client(self, at, &address, error)) {
		g_prefix_error(error, "this client cannot be notified: ");
		return false;
	}

	struct peer *peer = g_new0(struct peer, 1);
	peer->mon_name = g_strdup(mon_name);
	peer->address = address;
	peer->asking = true;
	peer->due = clock_now_us();
	g_hash_table_insert(self->peers, peer->mon_name, peer);
	peer->place = g_sequence_insert_sorted(self->waiting, peer, compare_due, NULL);
	self->pending++;
	if (self->socket)
		start_clock(self, peer, peer->due);
	wake_up(self);
	return true;
}

static gsize write_call(notifier *self, struct peer *peer, guint8 *packet)
{
	if (!peer->asking) {
		if (!peer->tell_xid)
			peer->tell_xid = new_call(self, peer);
		return wire_notify_call(packet, WIRE_CALL_MAX_BYTES, peer->tell_xid,
			self->names[peer->name], self->state);
	}
	if (!peer->ask_xid)
		peer->ask_xid = new_call(self, peer);
	return wire_port_call(
		packet, WIRE_CALL_MAX_BYTES, peer->ask_xid, WIRE_UDP, peer->address.any.sa_family);
}

/* Chooses what to send next if no answer comes. A known port is used again even after a question
 * without an answer, because maybe only rpcbind is down. */
static void plan_next(struct peer *peer)
{
	if (peer->asking) {
		peer->asking = peer->port == 0;
		peer->tells = 0;
	} else if (++peer->tells == TELLS_PER_PORT) {
		peer->asking = true;
	}
}

/* Tries TCP in addition, after UDP has failed. Clients that have answered before go first, but
 * only once. Otherwise clients of which only rpcbind answers would keep all others waiting. */
static void try_tcp(notifier *self, struct peer *peer)
{
	if (peer->sends <= SENDS_BEFORE_TCP || peer->tcp_pending)
		return;
	bool first = peer->heard && !peer->had_priority;

	peer->tcp_pending = true;
	peer->had_priority = peer->had_priority || first;
	notifier_tcp_send(self->tcp, peer, first);
}

void notifier_take_turns(notifier *self, gint64 longest_us)
{
	turns_limit(self->turns, longest_us);
}

const char *notifier_turn(const notifier *self)
{
	const struct peer *peer = turns_holder(self->turns);

	return peer != NULL ? peer->mon_name : NULL;
}

void notifier_settled(notifier *self)
{
	turns_end(self->turns, turns_holder(self->turns));
	wake_up(self);
}

/* A client that TCP has reached in the meantime needs no turn. */
static void let_next(notifier *self)
{
	struct peer *peer;

	while ((peer = turns_next(self->turns, clock_now_us())) != NULL) {
		if (peer->place != NULL && !peer->told) {
			peer_set_due(peer, AT_ONCE);
			return;
		}
		turns_end(self->turns, peer);
	}
}

static bool may_send(notifier *self, struct peer *peer)
{
	if (peer->asking || peer->told || turns_take(self->turns, peer, clock_now_us()))
		return true;
	peer_set_due(peer, NOT_YET);
	return false;
}

/* Returns false if the socket would block. Any other failure counts as a lost packet, which is
 * sent again later. */
static bool send_call(notifier *self, struct peer *peer)
{
	guint8 packet[WIRE_CALL_MAX_BYTES];
	gsize length = write_call(self, peer, packet);
	endpoint to = peer->address;
	bool telling = !peer->asking;
	enum udp_sent sent;

	endpoint_set_port(&to, telling ? peer->port : WIRE_RPCBIND_PORT);
	sent = udp_send(self->socket, &to, packet, length);
	if (sent == UDP_FULL)
		return false;

	peer->sends++;
	plan_next(peer);
	peer_set_due(peer, clock_now_us() + delay_after(peer->sends));
	try_tcp(self, peer);
	if (telling && sent == UDP_SENT && !peer->told) {
		peer->told = true;
		report(self, peer, NOTIFIER_TOLD);
	}
	return true;
}

static struct peer *next_due(notifier *self)
{
	GSequenceIter *first = g_sequence_get_begin_iter(self->waiting);

	return g_sequence_iter_is_end(first) ? NULL : g_sequence_get(first);
}

static void send_due(notifier *self)
{
	gint64 now = clock_now_us();

	for (guint i = 0; i < SENDS_PER_TURN && !self->doomed; i++) {
		struct peer *peer = next_due(self);

		if (!peer || peer->due > now)
			return;
		if (may_send(self, peer) && !send_call(self, peer))
			return;
	}
}

/* The client has acknowledged all names before `name`. */
static void acknowledge_names(notifier *self, struct peer *peer, guint name)
{
	if (peer->tell_xid)
		end_call(self, &peer->tell_xid);
	peer->name = name;
	peer->sends = 0;
	peer->tells = 0;
	if (name < self->names_count) {
		peer->asking = peer->port == 0;
		peer_set_due(peer, AT_ONCE);
		return;
	}
	if (peer->ask_xid)
		end_call(self, &peer->ask_xid);
	g_sequence_remove(g_steal_pointer(&peer->place));
	self->pending--;
	report(self, peer, NOTIFIER_ACKNOWLEDGED);
}

static void learn_port(notifier *self, struct peer *peer, uint16_t port)
{
	end_call(self, &peer->ask_xid);
	peer->heard = true;
	if (port != peer->port) {
		/* The SM_NOTIFY in progress went to a port that statd no longer uses. */
		if (peer->tell_xid)
			end_call(self, &peer->tell_xid);
		peer->port = port;
		/* Only a new port resets the count. Otherwise an rpcbind that answers for a dead
		 * statd would restart it each time. */
		if (port)
			peer->sends = 0;
	}
	peer->asking = port == 0;
	peer->tells = 0;
	if (port)
		peer_set_due(peer, AT_ONCE);
}

/* Handles the packet if it answers a call in progress, and returns true then. */
static bool take_reply(notifier *self, const endpoint *from, const guint8 *packet, gsize length)
{
	guint32 xid;
	uint16_t port;
	const char *why;

	if (!wire_reply_xid(packet, length, &xid))
		return false;

	struct peer *peer = g_hash_table_lookup(self->calls, GUINT_TO_POINTER(xid));
	if (!peer)
		return false;

	bool told = xid == peer->tell_xid;
	endpoint expected = peer->address;
	endpoint_set_port(&expected, told ? peer->port : WIRE_RPCBIND_PORT);
	if (!endpoint_equal(from, &expected))
		return false;

	if (told) {
		if (!wire_notify_reply(packet, length, &why))
			return false;
		acknowledge_names(self, peer, peer->name + 1);
		return true;
	}
	if (!wire_port_reply(packet, length, from->any.sa_family, &port, &why))
		return false;
	learn_port(self, peer, port);
	return true;
}

/* Returns false if no more packets are waiting. */
static bool receive_batch(notifier *self)
{
	struct udp_packet packets[UDP_BATCH];
	guint count = udp_receive(self->socket, packets);

	for (guint i = 0; i < count && !self->doomed; i++)
		if (!take_reply(self, &packets[i].from, packets[i].bytes, packets[i].length))
			self->strays++;
	return count == UDP_BATCH;
}

static void receive(notifier *self)
{
	for (guint i = 0; i < RECEIVES_PER_TURN / UDP_BATCH && !self->doomed; i++)
		if (!receive_batch(self))
			return;
}

/* Returns the first client whose silence must be reported, or NULL. */
static struct peer *first_quiet(notifier *self)
{
	struct peer *peer;

	while ((peer = g_queue_peek_head(&self->quiet)) && !peer->place)
		g_queue_pop_head(&self->quiet);
	return peer;
}

static void report_silence(notifier *self)
{
	gint64 now = clock_now_us();

	for (guint i = 0; i < SILENCES_PER_TURN && !self->doomed; i++) {
		struct peer *peer = first_quiet(self);

		if (!peer || peer->silent_at > now)
			return;
		g_queue_pop_head(&self->quiet);
		report(self, peer, NOTIFIER_SILENT);
	}
}

/* Returns a monotonic time, or -1 for never, as udp_wake_at() expects it. */
static gint64 wake_up_time(notifier *self)
{
	const struct peer *due = udp_is_full(self->socket) ? NULL : next_due(self);
	const struct peer *quiet = first_quiet(self);
	gint64 turn = turns_due(self->turns);
	gint64 first = turn < 0 ? NOT_YET : turn;

	if (due)
		first = MIN(first, due->due);
	if (quiet)
		first = MIN(first, quiet->silent_at);
	return first < NOT_YET ? first : -1;
}

static void destroy(notifier *self);

static bool begin_tcp(
	void *client, endpoint *address, guint *acknowledged, void *data G_GNUC_UNUSED)
{
	struct peer *peer = client;

	*address = peer->address;
	*acknowledged = peer->name;
	peer->tcp_pending = peer->place != NULL;
	return peer->tcp_pending;
}

/* UDP may have reached the same or more in the meantime. */
static void end_tcp(void *client, guint acknowledged, void *data)
{
	notifier *self = data;
	struct peer *peer = client;

	peer->tcp_pending = false;
	if (peer->place == NULL || acknowledged <= peer->name)
		return;
	self->busy = true;
	if (!peer->told) {
		peer->told = true;
		report(self, peer, NOTIFIER_TOLD);
	}
	if (!self->doomed)
		acknowledge_names(self, peer, acknowledged);
	self->busy = false;
	if (self->doomed)
		destroy(self);
	else
		wake_up(self);
}

static void run(void *data)
{
	notifier *self = data;

	self->busy = true;
	receive(self);
	if (!self->doomed)
		let_next(self);
	if (!self->doomed && !udp_is_full(self->socket))
		send_due(self);
	report_silence(self);
	self->busy = false;
	if (self->doomed)
		destroy(self);
	else
		wake_up(self);
}

static const struct notifier_tcp_calls notifier_tcp_calls = {.begin = begin_tcp, .end = end_tcp};

static void start_all_clocks(notifier *self)
{
	gint64 now = clock_now_us();

	for (GSequenceIter *at = g_sequence_get_begin_iter(self->waiting);
		!g_sequence_iter_is_end(at); at = g_sequence_iter_next(at))
		start_clock(self, g_sequence_get(at), now);
}

bool notifier_start(notifier *self, GError **error)
{
	g_autoptr(GMainContext) context = g_main_context_ref_thread_default();

	g_return_val_if_fail(!self->socket, false);
	self->socket = udp_open(&self->source, run, self, error);
	if (self->socket == NULL) {
		g_prefix_error(error, "cannot notify: ");
		return false;
	}
	self->tcp = notifier_tcp_new(context, &self->source, (const char *const *)self->names,
		self->state, &notifier_tcp_calls, self);
	start_all_clocks(self);
	wake_up(self);
	return true;
}

guint notifier_pending(const notifier *self)
{
	return self->pending;
}

guint notifier_stray_replies(const notifier *self)
{
	return self->strays;
}

static void destroy(notifier *self)
{
	notifier_tcp_free(self->tcp);
	udp_close(self->socket);
	g_queue_clear(&self->quiet);
	turns_free(self->turns);
	g_sequence_free(self->waiting);
	g_hash_table_destroy(self->calls);
	g_hash_table_destroy(self->peers);
	g_strfreev(self->names);
	g_free(self);
}

void notifier_free(notifier *self)
{
	if (!self)
		return;
	if (self->busy)
		self->doomed = true;
	else
		destroy(self);
}
