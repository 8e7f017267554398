/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/udp.h"

#include "base/fd_source.h"

#include <errno.h>

/* The replies of forty thousand clients may arrive while the process waits for a processor. The
 * buffer uses memory only if they do. */
#define RECEIVE_BUFFER_BYTES (16 * 1024 * 1024)

struct udp {
	fd_source *socket;
	udp_turn turn;
	void *data;
	bool readable;
	bool full;
};

static void watch(udp *self, bool full)
{
	self->full = full;
	fd_source_watch(self->socket, full ? G_IO_IN | G_IO_OUT : G_IO_IN);
}

static gboolean run(GIOCondition condition, void *data)
{
	udp *self = data;

	if (condition & G_IO_OUT)
		watch(self, false);
	self->readable = (condition & ~G_IO_OUT) != 0;
	/* The callback may close the socket. */
	self->turn(self->data);
	return G_SOURCE_CONTINUE;
}

/* As far as this process may; with less, more replies are lost and asked for again. */
static void enlarge_buffer(int fd)
{
	const int bytes = RECEIVE_BUFFER_BYTES;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

udp *udp_open(const endpoint *source, udp_turn turn, void *data, GError **error)
{
	g_autoptr(GMainContext) context = g_main_context_ref_thread_default();
	int fd = endpoint_open_udp(source, error);
	udp *self;

	if (fd < 0)
		return NULL;
	enlarge_buffer(fd);
	self = g_new0(udp, 1);
	self->turn = turn;
	self->data = data;
	self->socket = fd_source_new(context, "udp", fd, G_IO_IN, run, self);
	return self;
}

enum udp_sent udp_send(udp *self, const endpoint *to, const void *packet, gsize length)
{
	int fd = fd_source_fd(self->socket);
	ssize_t sent;

	do
		sent = sendto(fd, packet, length, MSG_DONTWAIT, &to->any, endpoint_size(to));
	while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return UDP_SENT;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		return UDP_LOST;
	watch(self, true);
	return UDP_FULL;
}

bool udp_is_full(const udp *self)
{
	return self->full;
}

guint udp_receive(udp *self, struct udp_packet packets[UDP_BATCH])
{
	struct iovec parts[UDP_BATCH];
	struct mmsghdr messages[UDP_BATCH] = {0};
	int count;

	if (!self->readable)
		return 0;
	for (guint i = 0; i < UDP_BATCH; i++) {
		parts[i] = (struct iovec){
			.iov_base = packets[i].bytes, .iov_len = UDP_PACKET_MAX_BYTES};
		packets[i].from = (endpoint){0};
		messages[i].msg_hdr.msg_name = &packets[i].from;
		messages[i].msg_hdr.msg_namelen = sizeof(packets[i].from);
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	count = recvmmsg(fd_source_fd(self->socket), messages, UDP_BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < count; i++)
		packets[i].length = messages[i].msg_len;
	return (guint)MAX(count, 0);
}

void udp_wake_at(udp *self, gint64 us)
{
	fd_source_wake_at(self->socket, us);
}

void udp_close(udp *self)
{
	if (self == NULL)
		return;
	fd_source_close(self->socket);
	g_free(self);
}
