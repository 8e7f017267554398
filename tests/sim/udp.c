/* SPDX-License-Identifier: GPL-2.0-or-later */

/* net/udp.h, net/tickle.h, nsm/stream.h: what a group's process sends and gets, on the simulated
 * network. */

#include "net/udp.h"

#include "base/error.h"
#include "chance.h"
#include "invariants.h"
#include "net/tickle.h"
#include "network.h"
#include "nsm/stream.h"
#include "process.h"

#include <string.h>

struct udp {
	struct actor *whose;
	endpoint source;
	char *address;
	udp_turn turn;
	void *data;
	GQueue came; /* of owned struct udp_packet */
	guint alarm;
	guint number;
};

/* The open ones, by their numbers: an answer may come for one that is closed. */
static GHashTable *sockets;
static guint last_number;

static void wake(void *data)
{
	udp *self = data;

	self->alarm = 0;
	self->turn(self->data);
}

static bool is_here(const char *address)
{
	return !actor_is_dead() && network_node_of(address) == sim_actor->node;
}

udp *udp_open(const endpoint *source, udp_turn turn, void *data, GError **error)
{
	g_autofree char *address = endpoint_to_text(source);
	udp *self;

	if (!is_here(address)) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "'%s' is not on this node", address);
		return NULL;
	}
	self = g_new0(udp, 1);
	self->whose = sim_actor;
	self->source = *source;
	self->address = g_steal_pointer(&address);
	self->turn = turn;
	self->data = data;
	self->number = ++last_number;
	if (sockets == NULL)
		sockets = g_hash_table_new(NULL, NULL);
	g_hash_table_insert(sockets, GUINT_TO_POINTER(self->number), self);
	return self;
}

/* A packet on its way to a client. */
struct packet {
	guint socket;
	struct nfs_client *client;
	guint16 port;
	char *from;
	gsize length;
	guint8 bytes[512];
};

static void packet_free(struct packet *packet)
{
	g_free(packet->from);
	g_free(packet);
}

static void arrive(void *data)
{
	struct packet *packet = data;

	nfs_client_receive(
		packet->client, packet->port, packet->bytes, packet->length, packet->from, packet);
	packet_free(packet);
}

struct reply {
	guint socket;
	struct udp_packet packet;
};

static void come_back(void *data)
{
	g_autofree struct reply *reply = data;
	udp *self = g_hash_table_lookup(sockets, GUINT_TO_POINTER(reply->socket));

	if (self == NULL || self->whose->dead || self->whose->ending)
		return;
	g_queue_push_tail(&self->came, g_memdup2(&reply->packet, sizeof(reply->packet)));
	sim_actor = self->whose;
	self->turn(self->data);
	sim_actor = NULL;
}

void network_reply(void *reply_to, const guint8 *bytes, gsize length)
{
	const struct packet *packet = reply_to;
	struct reply *reply;
	endpoint from;

	if (!network_passes(packet->client))
		return;
	reply = g_new0(struct reply, 1);
	reply->socket = packet->socket;
	endpoint_parse(packet->client->address, &from, NULL);
	endpoint_set_port(&from, packet->port);
	reply->packet.from = from;
	reply->packet.length = length;
	memcpy(reply->packet.bytes, bytes, length);
	sim_after(network_delay_us(), NULL, come_back, reply);
}

static void send_once(const udp *self, struct nfs_client *client, const endpoint *to,
	const void *bytes, gsize length)
{
	struct packet *packet;

	if (!network_passes(client))
		return;
	packet = g_new0(struct packet, 1);
	packet->socket = self->number;
	packet->client = client;
	packet->port = endpoint_port(to);
	packet->from = g_strdup(self->address);
	packet->length = MIN(length, sizeof(packet->bytes));
	memcpy(packet->bytes, bytes, packet->length);
	sim_after(network_delay_us(), NULL, arrive, packet);
}

enum udp_sent udp_send(udp *self, const endpoint *to, const void *bytes, gsize length)
{
	g_autofree char *address = endpoint_to_text(to);
	struct nfs_client *client = network_client(address);

	if (!is_here(self->address) || client == NULL)
		return UDP_LOST;
	invariants_sent((struct process *)self->whose, client, self->address, endpoint_port(to),
		bytes, length);
	send_once(self, client, to, bytes, length);
	if (chance_one_in(20))
		send_once(self, client, to, bytes, length);
	return UDP_SENT;
}

bool udp_is_full(const udp *self G_GNUC_UNUSED)
{
	return false;
}

guint udp_receive(udp *self, struct udp_packet packets[UDP_BATCH])
{
	guint count = 0;
	struct udp_packet *one;

	while (count < UDP_BATCH && (one = g_queue_pop_head(&self->came)) != NULL) {
		packets[count].from = one->from;
		packets[count].length = one->length;
		memcpy(packets[count].bytes, one->bytes, one->length);
		g_free(one);
		count++;
	}
	return count;
}

void udp_wake_at(udp *self, gint64 us)
{
	if (self->alarm != 0)
		sim_cancel(&self->alarm);
	if (us >= 0 && !actor_is_dead())
		self->alarm = sim_after(us - (self->whose->node->uptime_at_zero_us + sim_now()),
			self->whose, wake, self);
}

void udp_close(udp *self)
{
	if (self == NULL)
		return;
	if (self->alarm != 0)
		sim_cancel(&self->alarm);
	g_hash_table_remove(sockets, GUINT_TO_POINTER(self->number));
	g_queue_clear_full(&self->came, g_free);
	g_free(self->address);
	g_free(self);
}

/* Over TCP these clients answer nobody: the courier's errands end without a result. */

stream *stream_open(GMainContext *context G_GNUC_UNUSED, const endpoint *source G_GNUC_UNUSED,
	const endpoint *to G_GNUC_UNUSED, const guint8 *call G_GNUC_UNUSED,
	gsize length G_GNUC_UNUSED, stream_done done G_GNUC_UNUSED, void *data G_GNUC_UNUSED,
	GError **error)
{
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "nobody is there");
	return NULL;
}

void stream_close(stream *self G_GNUC_UNUSED)
{
}

/* Connections are not simulated: there are none to renew. */

tickle *tickle_start(const char *address G_GNUC_UNUSED, const GArray *connections G_GNUC_UNUSED,
	GError **error G_GNUC_UNUSED)
{
	return (tickle *)g_strdup("");
}

guint tickle_count(const tickle *self G_GNUC_UNUSED)
{
	return 0;
}

void tickle_free(tickle *self)
{
	g_free(self);
}
