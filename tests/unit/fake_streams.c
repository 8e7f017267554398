/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_streams.h"

#include <arpa/inet.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RPCBIND_PORT 111

/* Another port than over UDP. */
#define STATD_PORT 32767

#define MARK_BYTES 4
#define LAST 0x80000000u

guint fake_streams_open, fake_streams_most;

static GPtrArray *listeners;
static GHashTable *connections; /* set of struct connection, owned */

/* A connection of one client, which receives one call over it. */
struct connection {
	int fd;
	guint watch;
	struct host *host;
	bool rpcbind;
	bool v6;
	guint8 call[1024];
	gsize length;
	GByteArray *answer; /* what is left to send; NULL: nothing */
};

struct listener {
	int fd;
	guint watch;
	guint16 port;
};

static void connection_free(gpointer data)
{
	struct connection *self = data;

	g_source_remove(self->watch);
	close(self->fd);
	if (self->answer != NULL)
		g_byte_array_unref(self->answer);
	g_free(self);
	fake_streams_open--;
}

/* Closes the connection with an RST instead of a FIN. */
static void reset(int fd)
{
	const struct linger at_once = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

static guint32 number_at(const struct connection *self, gsize offset)
{
	guint32 number;

	g_assert_cmpuint(offset + 4, <=, self->length);
	memcpy(&number, self->call + offset, 4);
	return ntohl(number);
}

static void append_number(GByteArray *to, guint32 number)
{
	number = htonl(number);
	g_byte_array_append(to, (const guint8 *)&number, 4);
}

static void append_text(GByteArray *to, const char *text)
{
	gsize length = strlen(text);

	append_number(to, (guint32)length);
	g_byte_array_append(to, (const guint8 *)text, (guint)length);
	while (to->len % 4)
		g_byte_array_append(to, (const guint8 *)"", 1);
}

/* Without its record mark, the call is as over UDP. This checks what it asks for. */
static void check_question(const struct connection *self)
{
	const gsize at = MARK_BYTES;

	g_assert_cmpuint(number_at(self, at + 12), ==, 100000);
	g_assert_cmpuint(number_at(self, at + 16), ==, self->v6 ? 4 : 2);
	g_assert_cmpuint(number_at(self, at + 40), ==, 100024);
	if (self->v6)
		g_assert_cmpmem(self->call + at + 52, 4, "tcp6", 4);
	else
		g_assert_cmpuint(number_at(self, at + 48), ==, IPPROTO_TCP);
}

static void note_notice(const struct connection *self)
{
	const gsize at = MARK_BYTES;
	gsize name_length = number_at(self, at + 40);
	gsize state_offset = at + 44 + ((name_length + 3) & ~(gsize)3);

	g_assert_cmpuint(number_at(self, at + 12), ==, 100024);
	g_assert_cmpuint(number_at(self, at + 20), ==, 6);
	g_assert_cmpuint(self->length, ==, state_offset + 4);
	g_string_append_printf(self->host->heard, "%.*s=%u/tcp ", (int)name_length,
		(const char *)self->call + at + 44, number_at(self, state_offset));
}

static GByteArray *make_answer(const struct connection *self)
{
	GByteArray *answer = g_byte_array_new();
	guint16 port = self->host->tcp == TCP_NO_STATD ? 0 : STATD_PORT;
	g_autofree char *address = g_strdup_printf("::.%u.%u", port >> 8, port & 255);

	append_number(
		answer, number_at(self, MARK_BYTES) ^ (self->host->tcp == TCP_WRONG_ID ? 1 : 0));
	append_number(answer, 1); /* a reply */
	for (int i = 0; i < 4; i++)
		append_number(answer, 0); /* accepted, no verifier, success */
	if (!self->rpcbind)
		note_notice(self);
	else if (self->v6)
		append_text(answer, port ? address : "");
	else
		append_number(answer, port);
	return answer;
}

static void append_fragment(GByteArray *to, const guint8 *bytes, guint length, bool last)
{
	append_number(to, length | (last ? LAST : 0));
	g_byte_array_append(to, bytes, length);
}

/* Adds the record mark to an answer. The connection is closed behind it. */
static GByteArray *mark_answer(const struct connection *self, const GByteArray *answer)
{
	GByteArray *marked = g_byte_array_new();

	switch (self->host->tcp) {
	case TCP_FRAGMENTS:
		for (guint i = 0; i < answer->len; i++)
			append_fragment(marked, answer->data + i, 1, i + 1 == answer->len);
		break;
	case TCP_GARBAGE:
		g_byte_array_append(marked, (const guint8 *)"HTTP/1.1 400 Bad Request\r\n", 26);
		break;
	case TCP_OVERSIZE:
		append_number(marked, LAST | 1000000);
		g_byte_array_append(marked, answer->data, answer->len);
		break;
	case TCP_CUTS:
		append_number(marked, LAST | answer->len);
		g_byte_array_append(marked, answer->data, answer->len - 1);
		break;
	default:
		append_fragment(marked, answer->data, answer->len, true);
	}
	return marked;
}

static bool is_whole(const struct connection *self)
{
	return self->length >= MARK_BYTES &&
	       self->length == MARK_BYTES + (number_at(self, 0) & ~LAST);
}

/* Returns false if there is no answer. */
static bool begin_answer(struct connection *self)
{
	g_autoptr(GByteArray) answer = NULL;

	g_assert_cmpuint(number_at(self, 0) & LAST, ==, LAST);
	self->host->tcp_calls++;
	if (self->rpcbind)
		check_question(self);
	if (self->host->tcp == TCP_LEAVES)
		return false;
	if (self->host->tcp == TCP_HEARS_ONE && !self->rpcbind && self->host->heard->len > 0) {
		reset(self->fd);
		return false;
	}
	answer = make_answer(self);
	self->answer = mark_answer(self, answer);
	return true;
}

/* Sends the answer in steps, each of which the other side may see alone. Returns false at the
 * end. */
static bool send_step(struct connection *self)
{
	gsize step = self->host->tcp == TCP_FRAGMENTS ? 3 : self->answer->len;
	guint part = (guint)MIN(step, self->answer->len);

	if (send(self->fd, self->answer->data, part, MSG_NOSIGNAL) != (ssize_t)part)
		return false;
	g_byte_array_remove_range(self->answer, 0, part);
	return self->answer->len > 0;
}

static gboolean serve(gint fd, GIOCondition condition, gpointer data);

static void watch(struct connection *self, GIOCondition condition)
{
	self->watch = g_unix_fd_add(self->fd, condition, serve, self);
}

/* Returns false if the connection must be closed. */
static bool hear(struct connection *self)
{
	ssize_t length = recv(self->fd, self->call + self->length,
		sizeof(self->call) - self->length, MSG_DONTWAIT);

	if (length <= 0)
		return false;
	self->length += (gsize)length;
	if (!is_whole(self) || self->host->tcp == TCP_SILENT)
		return true;
	if (!begin_answer(self))
		return false;
	g_source_remove(self->watch);
	watch(self, G_IO_OUT);
	return true;
}

static gboolean serve(gint fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
	struct connection *self = data;

	if (!(self->answer != NULL ? send_step(self) : hear(self)))
		g_hash_table_remove(connections, self);
	return G_SOURCE_CONTINUE;
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* The address as text, as IPv4 if it is one; the sockets accept both families. */
static char *text_of(const union address *address, bool *v6)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, &address->v6.sin6_addr, text, sizeof(text));
	*v6 = !IN6_IS_ADDR_V4MAPPED(&address->v6.sin6_addr);
	return g_strdup(*v6 ? text : strrchr(text, ':') + 1);
}

static void note_caller(struct host *host, int fd)
{
	union address from;
	socklen_t size = sizeof(from);
	bool v6;

	g_free(host->caller);
	g_assert_cmpint(getpeername(fd, &from.any, &size), ==, 0);
	host->caller = text_of(&from, &v6);
	host->caller_port = ntohs(from.v6.sin6_port);
}

static gboolean accept_one(gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
	const struct listener *listener = data;
	const int on = 1;
	union address to;
	socklen_t size = sizeof(to);
	struct connection *self;
	int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	if (accepted < 0)
		return G_SOURCE_CONTINUE;
	self = g_new0(struct connection, 1);
	self->fd = accepted;
	self->rpcbind = listener->port == RPCBIND_PORT;
	g_assert_cmpint(getsockname(accepted, &to.any, &size), ==, 0);

	g_autofree char *address = text_of(&to, &self->v6);
	self->host = host_at(address);
	setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	fake_streams_open++;
	fake_streams_most = MAX(fake_streams_most, fake_streams_open);
	watch(self, G_IO_IN);
	g_hash_table_add(connections, self);
	if (self->host->tcp == TCP_RESETS) {
		reset(accepted);
		g_hash_table_remove(connections, self);
	} else {
		note_caller(self->host, accepted);
	}
	return G_SOURCE_CONTINUE;
}

static void listener_free(gpointer data)
{
	struct listener *self = data;

	g_source_remove(self->watch);
	close(self->fd);
	g_free(self);
}

static void add_listener(guint16 port)
{
	struct listener *self = g_new0(struct listener, 1);
	const struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	const int on = 1, off = 0;

	self->port = port;
	self->fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	g_assert_cmpint(self->fd, >=, 0);
	setsockopt(self->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(self->fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	g_assert_cmpint(bind(self->fd, (const struct sockaddr *)&any, sizeof(any)), ==, 0);
	g_assert_cmpint(listen(self->fd, 1024), ==, 0);
	self->watch = g_unix_fd_add(self->fd, G_IO_IN, accept_one, self);
	g_ptr_array_add(listeners, self);
}

void fake_streams_start(void)
{
	connections = g_hash_table_new_full(NULL, NULL, connection_free, NULL);
	listeners = g_ptr_array_new_with_free_func(listener_free);
	fake_streams_open = fake_streams_most = 0;
	add_listener(RPCBIND_PORT);
	add_listener(STATD_PORT);
}

void fake_streams_stop(void)
{
	g_clear_pointer(&listeners, g_ptr_array_unref);
	g_clear_pointer(&connections, g_hash_table_unref);
}
