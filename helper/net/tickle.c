/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/tickle.h"

#include "base/error.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

/*
 * The pauses between rounds. In each round, every connection gets a packet. IPaddr2 begins to
 * announce the new place of the address some time after the address has come up, and continues for
 * about a second.
 */
static const guint pauses_ms[] = {200, 200, 200, 200, 200, 500, 500, 1000, 1000};

/* The pauses grow so that the rate stays below this limit. */
#define PACKETS_PER_MS 50

/* The number of packets before the main loop runs its other sources. */
#define BATCH 256

/* The pause when the kernel accepts no more packets. */
#define FULL_PAUSE_MS 10

struct tickle {
	int fd;
	GArray *connections; /* of struct connection */
	guint count;         /* the number at the start */
	guint next;          /* the next connection in this round */
	guint turns;         /* the number of complete rounds */
	guint source;
};

static guint32 add_words(guint32 sum, const void *bytes, gsize length)
{
	const guint8 *at = bytes;

	for (gsize i = 0; i + 1 < length; i += 2)
		sum += (guint32)(at[i] << 8 | at[i + 1]);
	return sum;
}

/* RFC 9293, 3.1: the sum covers both addresses, the protocol, the length and the segment. */
static guint16 checksum(const struct connection *connection, const void *segment, gsize length)
{
	const endpoint *server = &connection->server, *client = &connection->client;
	guint32 sum = (guint32)(IPPROTO_TCP + length);

	if (server->any.sa_family == AF_INET6) {
		sum = add_words(sum, &server->v6.sin6_addr, sizeof(server->v6.sin6_addr));
		sum = add_words(sum, &client->v6.sin6_addr, sizeof(client->v6.sin6_addr));
	} else {
		sum = add_words(sum, &server->v4.sin_addr, sizeof(server->v4.sin_addr));
		sum = add_words(sum, &client->v4.sin_addr, sizeof(client->v4.sin_addr));
	}
	sum = add_words(sum, segment, length);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (guint16)~sum;
}

void tickle_format(const struct connection *connection, guint8 packet[TICKLE_BYTES])
{
	struct tcphdr header = {
		.source = htons(endpoint_port(&connection->server)),
		.dest = htons(endpoint_port(&connection->client)),
		.doff = TICKLE_BYTES / 4,
		.ack = 1,
		.window = htons(1024),
	};

	G_STATIC_ASSERT(sizeof(header) == TICKLE_BYTES);
	header.check = htons(checksum(connection, &header, sizeof(header)));
	memcpy(packet, &header, sizeof(header));
}

/*
 * Returns false if the kernel accepts no more packets now. After any other error the packet is sent
 * again in the next round. If it still fails then, the client is in the same state as without
 * tickles.
 */
static bool send_one(const tickle *self, const struct connection *connection)
{
	endpoint to = connection->client;
	guint8 packet[TICKLE_BYTES];

	tickle_format(connection, packet);
	/* For a raw socket, the port in the destination must be 0. */
	endpoint_set_port(&to, 0);
	return sendto(self->fd, packet, sizeof(packet), MSG_DONTWAIT | MSG_NOSIGNAL, &to.any,
		       endpoint_size(&to)) >= 0 ||
	       (errno != EAGAIN && errno != ENOBUFS);
}

static gboolean have_turn(gpointer data);

static void finish(tickle *self)
{
	if (self->fd >= 0)
		close(self->fd);
	self->fd = -1;
	g_clear_pointer(&self->connections, g_array_unref);
}

/* Every connection has got a packet in this round. */
static void end_turn(tickle *self)
{
	self->next = 0;
	if (self->turns < G_N_ELEMENTS(pauses_ms))
		self->source = g_timeout_add(
			MAX(pauses_ms[self->turns], self->count / PACKETS_PER_MS), have_turn, self);
	else
		finish(self);
	self->turns++;
}

static gboolean have_turn(gpointer data)
{
	tickle *self = data;
	guint end = MIN(self->next + BATCH, self->connections->len);
	bool taken = true;

	self->source = 0;
	while (taken && self->next < end) {
		taken = send_one(
			self, &g_array_index(self->connections, struct connection, self->next));
		self->next += taken;
	}
	if (self->next == self->connections->len)
		end_turn(self);
	else if (taken)
		self->source = g_idle_add(have_turn, self);
	else
		self->source = g_timeout_add(FULL_PAUSE_MS, have_turn, self);
	return G_SOURCE_REMOVE;
}

/* The kernel gives a raw socket a copy of every TCP packet for its address. This filter drops
 * them all. */
static bool take_nothing(int fd)
{
	struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog program = {.len = 1, .filter = &drop};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0;
}

static int open_socket(const endpoint *address, GError **error)
{
	int fd = socket(address->any.sa_family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP);

	if (fd >= 0 && take_nothing(fd) && bind(fd, &address->any, endpoint_size(address)) == 0)
		return fd;
	lf_error_set_errno(error, errno == EPERM ? LF_ERROR_PRIVILEGE : LF_ERROR_FAILED,
		"cannot send raw TCP packets");
	if (fd >= 0)
		close(fd);
	return -1;
}

static GArray *select_at(const GArray *connections, const endpoint *address)
{
	GArray *selected = connections_new();

	for (guint i = 0; i < connections->len; i++) {
		struct connection entry = g_array_index(connections, struct connection, i);

		if (endpoint_same_address(&entry.server, address))
			g_array_append_val(selected, entry);
	}
	return selected;
}

tickle *tickle_start(const char *address, const GArray *connections, GError **error)
{
	endpoint from;
	tickle *self;
	int fd;

	if (!endpoint_parse(address, &from, error))
		return NULL;
	fd = open_socket(&from, error);
	if (fd < 0)
		return NULL;
	self = g_new0(tickle, 1);
	self->fd = fd;
	self->connections = select_at(connections, &from);
	self->count = self->connections->len;
	have_turn(self);
	return self;
}

guint tickle_count(const tickle *self)
{
	return self->count;
}

void tickle_free(tickle *self)
{
	if (self == NULL)
		return;
	g_clear_handle_id(&self->source, g_source_remove);
	finish(self);
	g_free(self);
}
