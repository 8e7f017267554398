/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/tickle.h"

#include "base/error.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

/* The pauses between the turns that all of them have. IPaddr2 begins to announce the address's
 * new place some time after it is there, and goes on for about a second. */
static const guint pauses_ms[] = {200, 200, 200, 200, 200, 500, 500, 1000, 1000};

/* But no more packets than that. */
#define PACKETS_PER_MS 50

/* So many packets, then others have a turn on the main loop. */
#define BATCH 256

/* When the kernel takes no more just now. */
#define FULL_PAUSE_MS 10

struct tickle {
	int fd;
	GArray *connections; /* of struct connection */
	guint count;         /* how many they were at first */
	guint next;          /* whose turn it is */
	guint turns;         /* how many all of them have had */
	guint source;
};

static guint32 add_words(guint32 sum, const void *bytes, gsize length)
{
	const guint8 *at = bytes;

	for (gsize i = 0; i + 1 < length; i += 2)
		sum += (guint32)(at[i] << 8 | at[i + 1]);
	return sum;
}

/* RFC 9293, 3.1: over both addresses, the protocol, the length, and the segment. */
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

/* False when the kernel takes no more just now. What cannot be sent for another reason is tried
 * again in the next turn, and after that the client is as it would be without us. */
static bool send_one(const tickle *self, const struct connection *connection)
{
	endpoint to = connection->client;
	guint8 packet[TICKLE_BYTES];

	tickle_format(connection, packet);
	/* Of a raw socket's port the kernel wants to know nothing. */
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

/* All of them have had one. */
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

/* A raw socket is given a copy of every TCP packet that comes to its address: this one wants none.
 */
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
		"cannot send TCP packets of our own");
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
