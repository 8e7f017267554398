/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_clients.h"

#include <arpa/inet.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RPCBIND_PORT 111
#define STATD_PORT 32765
#define OTHER_STATD_PORT 32766

GHashTable *hosts;
void (*fake_clients_listener)(const struct heard *heard);

static GPtrArray *responders;

static void host_free(gpointer data)
{
	struct host *host = data;

	g_string_free(host->heard, TRUE);
	g_free(host->caller);
	g_free(host);
}

struct host *host_at(const char *address)
{
	struct host *host = g_hash_table_lookup(hosts, address);

	if (!host) {
		host = g_new0(struct host, 1);
		host->heard = g_string_new(NULL);
		g_hash_table_insert(hosts, g_strdup(address), host);
	}
	return host;
}

struct host *dead_host_at(const char *address)
{
	struct host *host = host_at(address);

	host->lose_questions = host->lose_notices = FOREVER;
	return host;
}

/* A packet that came to a responder, with its source and destination. */
struct visit {
	int fd;
	int family;
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} source;
	socklen_t from_length;
	struct in_pktinfo to4;
	struct in6_pktinfo to6;
	char address[INET6_ADDRSTRLEN]; /* address of the client */
	guint8 packet[1024];
	gsize length;
};

static bool receive_visit(int fd, int family, struct visit *visit)
{
	char control[256];
	struct iovec part = {.iov_base = visit->packet, .iov_len = sizeof(visit->packet)};
	struct msghdr message = {
		.msg_name = &visit->source,
		.msg_namelen = sizeof(visit->source),
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT);

	if (length < 0)
		return false;
	visit->fd = fd;
	visit->family = family;
	visit->length = (gsize)length;
	visit->from_length = message.msg_namelen;
	for (struct cmsghdr *at = CMSG_FIRSTHDR(&message); at; at = CMSG_NXTHDR(&message, at)) {
		if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_PKTINFO) {
			memcpy(&visit->to4, CMSG_DATA(at), sizeof(visit->to4));
			inet_ntop(AF_INET, &visit->to4.ipi_addr, visit->address,
				sizeof(visit->address));
		} else if (at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_PKTINFO) {
			memcpy(&visit->to6, CMSG_DATA(at), sizeof(visit->to6));
			inet_ntop(AF_INET6, &visit->to6.ipi6_addr, visit->address,
				sizeof(visit->address));
		}
	}
	return true;
}

/* Sends a reply through the socket `fd`, from the address to which the visit came. */
static void reply_by(const struct visit *visit, int fd, const void *packet, gsize length)
{
	union {
		struct cmsghdr header;
		char space[128];
	} control = {0};
	struct iovec part = {.iov_base = (void *)packet, .iov_len = length};
	struct msghdr message = {
		.msg_name = (void *)&visit->source,
		.msg_namelen = visit->from_length,
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
	};

	if (visit->family == AF_INET) {
		struct in_pktinfo info = {.ipi_spec_dst = visit->to4.ipi_addr};

		control.header.cmsg_level = IPPROTO_IP;
		control.header.cmsg_type = IP_PKTINFO;
		control.header.cmsg_len = CMSG_LEN(sizeof(info));
		message.msg_controllen = CMSG_SPACE(sizeof(info));
		memcpy(CMSG_DATA(&control.header), &info, sizeof(info));
	} else {
		control.header.cmsg_level = IPPROTO_IPV6;
		control.header.cmsg_type = IPV6_PKTINFO;
		control.header.cmsg_len = CMSG_LEN(sizeof(visit->to6));
		message.msg_controllen = CMSG_SPACE(sizeof(visit->to6));
		memcpy(CMSG_DATA(&control.header), &visit->to6, sizeof(visit->to6));
	}
	g_assert_cmpint(sendmsg(fd, &message, 0), ==, (ssize_t)length);
}

static guint32 number_at(const struct visit *visit, gsize offset)
{
	guint32 number;

	g_assert_cmpuint(offset + 4, <=, visit->length);
	memcpy(&number, visit->packet + offset, 4);
	return ntohl(number);
}

static void append_number(GByteArray *to, guint32 number)
{
	number = htonl(number);
	g_byte_array_append(to, (const guint8 *)&number, 4);
}

static GByteArray *success(const struct visit *visit)
{
	GByteArray *reply = g_byte_array_new();

	append_number(reply, number_at(visit, 0));
	append_number(reply, 1); /* a reply */
	for (int i = 0; i < 4; i++)
		append_number(reply, 0); /* accepted, no verifier, success */
	return reply;
}

static GByteArray *port_reply(const struct visit *visit, guint16 port)
{
	GByteArray *reply = success(visit);

	if (visit->family == AF_INET) {
		append_number(reply, port);
		return reply;
	}

	g_autofree char *address =
		port ? g_strdup_printf("::.%u.%u", port >> 8, port & 255) : g_strdup("");
	gsize length = strlen(address);
	append_number(reply, (guint32)length);
	g_byte_array_append(reply, (const guint8 *)address, (guint)length);
	while (reply->len % 4)
		g_byte_array_append(reply, (const guint8 *)"", 1);
	return reply;
}

/* Sends FORGERIES packets that must change nothing. */
static void forge(const struct visit *visit, const GByteArray *truth)
{
	struct visit elsewhere = *visit;
	int other_port = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	g_autofree guint8 *wrong_xid = g_memdup2(truth->data, truth->len);

	inet_pton(AF_INET, "127.66.6.6", &elsewhere.to4.ipi_addr);
	reply_by(&elsewhere, visit->fd, truth->data, truth->len);
	reply_by(visit, other_port, truth->data, truth->len);
	wrong_xid[3] ^= 1;
	reply_by(visit, visit->fd, wrong_xid, truth->len);
	reply_by(visit, visit->fd, truth->data, truth->len - 4);
	close(other_port);
}

static bool loses(guint count, guint limit)
{
	return limit == FOREVER || count <= limit;
}

static void answer_question(const struct visit *visit, struct host *host)
{
	guint number = ++host->questions;
	guint16 port = STATD_PORT;

	if (number <= PACKETS_KEPT)
		host->question_times[number - 1] = g_get_monotonic_time();
	g_assert_cmpuint(number_at(visit, 12), ==, 100000);
	g_assert_cmpuint(number_at(visit, 16), ==, visit->family == AF_INET ? 2 : 4);
	g_assert_cmpuint(number_at(visit, 20), ==, 3);
	g_assert_cmpuint(number_at(visit, 40), ==, 100024);
	g_assert_cmpuint(number_at(visit, 44), ==, 1);
	if (loses(number, host->lose_questions))
		return;
	if (number <= host->unregistered)
		port = 0;
	else if (number <= host->moves_after)
		port = OTHER_STATD_PORT;

	g_autoptr(GByteArray) reply = port_reply(visit, port);
	if (number <= host->forgeries)
		forge(visit, reply);
	else
		reply_by(visit, visit->fd, reply->data, reply->len);
}

static void answer_notice(const struct visit *visit, struct host *host)
{
	guint number = ++host->notices;

	g_assert_cmpuint(number_at(visit, 12), ==, 100024);
	g_assert_cmpuint(number_at(visit, 16), ==, 1);
	g_assert_cmpuint(number_at(visit, 20), ==, 6);
	if (loses(number, host->lose_notices))
		return;

	g_autoptr(GByteArray) reply = success(visit);
	if (number <= host->forgeries) {
		forge(visit, reply);
		return;
	}

	gsize name_length = number_at(visit, 40);
	gsize state_offset = 44 + ((name_length + 3) & ~(gsize)3);
	g_assert_cmpuint(visit->length, ==, state_offset + 4);
	g_autofree char *name = g_strndup((const char *)visit->packet + 44, name_length);
	const struct heard heard = {
		.host = visit->address,
		.name = name,
		.state = number_at(visit, state_offset),
		.caller = host->caller,
		.caller_port = host->caller_port,
	};
	g_string_append_printf(host->heard, "%s=%u ", heard.name, heard.state);
	if (fake_clients_listener != NULL)
		fake_clients_listener(&heard);
	reply_by(visit, visit->fd, reply->data, reply->len);
}

static void note_caller(const struct visit *visit, struct host *host)
{
	char text[INET6_ADDRSTRLEN];

	g_free(host->caller);
	if (visit->family == AF_INET) {
		host->caller = g_strdup(
			inet_ntop(AF_INET, &visit->source.v4.sin_addr, text, sizeof(text)));
		host->caller_port = ntohs(visit->source.v4.sin_port);
	} else {
		host->caller = g_strdup(
			inet_ntop(AF_INET6, &visit->source.v6.sin6_addr, text, sizeof(text)));
		host->caller_port = ntohs(visit->source.v6.sin6_port);
	}
}

struct responder {
	int fd;
	int family;
	guint16 port;
	guint watch;
};

static gboolean respond(gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
	const struct responder *responder = data;
	struct visit visit = {0};

	while (receive_visit(fd, responder->family, &visit)) {
		struct host *host = host_at(visit.address);

		note_caller(&visit, host);
		if (responder->port == RPCBIND_PORT)
			answer_question(&visit, host);
		else
			answer_notice(&visit, host);
	}
	return G_SOURCE_CONTINUE;
}

static void add_responder(int family, guint16 port)
{
	struct responder *responder = g_new0(struct responder, 1);
	const int on = 1, buffer = 8 * 1024 * 1024;
	const struct sockaddr_in any4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	const struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	g_assert_cmpint(fd, >=, 0);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	if (family == AF_INET) {
		g_assert_cmpint(setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)), ==, 0);
		g_assert_cmpint(bind(fd, (const struct sockaddr *)&any4, sizeof(any4)), ==, 0);
	} else {
		g_assert_cmpint(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)), ==, 0);
		g_assert_cmpint(
			setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)), ==, 0);
		g_assert_cmpint(bind(fd, (const struct sockaddr *)&any6, sizeof(any6)), ==, 0);
	}
	*responder = (struct responder){.fd = fd, .family = family, .port = port};
	responder->watch = g_unix_fd_add(fd, G_IO_IN, respond, responder);
	g_ptr_array_add(responders, responder);
}

static void responder_free(gpointer data)
{
	struct responder *responder = data;

	g_source_remove(responder->watch);
	close(responder->fd);
	g_free(responder);
}

void fake_clients_start(void)
{
	hosts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, host_free);
	responders = g_ptr_array_new_with_free_func(responder_free);
	add_responder(AF_INET, RPCBIND_PORT);
	add_responder(AF_INET, STATD_PORT);
	add_responder(AF_INET6, RPCBIND_PORT);
	add_responder(AF_INET6, STATD_PORT);
}

void fake_clients_stop(void)
{
	g_clear_pointer(&responders, g_ptr_array_unref);
	g_clear_pointer(&hosts, g_hash_table_unref);
}
