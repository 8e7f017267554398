/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/udp.h"

#include <errno.h>
#include <unistd.h>

/* The replies of forty thousand clients may come while the process waits for a processor; takes
 * memory only where they do. */
#define RECEIVE_BUFFER_BYTES (16 * 1024 * 1024)

struct udp {
	int fd;
	GSource *loop; /* watches fd and the alarm */
	gpointer fd_tag;
	udp_turn turn;
	void *data;
	bool readable;
	bool full;
};

struct loop_source {
	GSource base;
	udp *self;
};

static void watch(udp *self, bool full)
{
	self->full = full;
	g_source_modify_unix_fd(self->loop, self->fd_tag, full ? G_IO_IN | G_IO_OUT : G_IO_IN);
}

static gboolean run(
	GSource *source, GSourceFunc callback G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED)
{
	udp *self = ((struct loop_source *)source)->self;
	GIOCondition condition = g_source_query_unix_fd(source, self->fd_tag);

	if (condition & G_IO_OUT)
		watch(self, false);
	self->readable = (condition & ~G_IO_OUT) != 0;
	/* Which may close it. */
	self->turn(self->data);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs loop_functions = {.dispatch = run};

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
	self->fd = fd;
	self->turn = turn;
	self->data = data;
	self->loop = g_source_new(&loop_functions, sizeof(struct loop_source));
	((struct loop_source *)self->loop)->self = self;
	g_source_set_static_name(self->loop, "udp");
	self->fd_tag = g_source_add_unix_fd(self->loop, fd, G_IO_IN);
	g_source_attach(self->loop, context);
	return self;
}

enum udp_sent udp_send(udp *self, const endpoint *to, const void *packet, gsize length)
{
	ssize_t sent;

	do
		sent = sendto(self->fd, packet, length, MSG_DONTWAIT, &to->any, endpoint_size(to));
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
	count = recvmmsg(self->fd, messages, UDP_BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < count; i++)
		packets[i].length = messages[i].msg_len;
	return (guint)MAX(count, 0);
}

void udp_wake_at(udp *self, gint64 us)
{
	g_source_set_ready_time(self->loop, us);
}

void udp_close(udp *self)
{
	if (self == NULL)
		return;
	g_source_destroy(self->loop);
	g_source_unref(self->loop);
	close(self->fd);
	g_free(self);
}
