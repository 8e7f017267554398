/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/stream.h"

#include "base/error.h"
#include "nsm/rpc_record.h"
#include "nsm/wire.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The system sends its SYN again after one second. */
#define CONNECT_US (2 * G_USEC_PER_SEC)
#define ANSWER_US (5 * G_USEC_PER_SEC)

struct stream {
	int fd;
	GSource *loop; /* watches fd and the deadline */
	gpointer fd_tag;
	bool connected;
	gint64 deadline; /* monotonic, in microseconds */
	guint8 call[RPC_RECORD_HEAD_BYTES + WIRE_CALL_MAX_BYTES];
	gsize length;
	gsize sent;
	rpc_record_reader answer;
	stream_done done;
	void *data;
};

struct loop_source {
	GSource base;
	stream *self;
};

static void set_deadline(stream *self, gint64 after)
{
	self->deadline = g_get_monotonic_time() + after;
	g_source_set_ready_time(self->loop, self->deadline);
}

/* False where there is no connection, and will be none. */
static bool finish_connect(stream *self)
{
	int problem = 0;
	socklen_t size = sizeof(problem);

	if (getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &problem, &size) < 0 || problem != 0)
		return false;
	self->connected = true;
	set_deadline(self, ANSWER_US);
	return true;
}

static bool would_block(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static bool send_rest(stream *self)
{
	ssize_t sent =
		send(self->fd, self->call + self->sent, self->length - self->sent, MSG_NOSIGNAL);

	if (sent < 0)
		return would_block();
	self->sent += (gsize)sent;
	if (self->sent == self->length)
		g_source_modify_unix_fd(self->loop, self->fd_tag, G_IO_IN);
	return true;
}

/* A client that closes the connection before its answer is whole has given none. */
static enum rpc_record_state receive(stream *self)
{
	guint8 bytes[RPC_RECORD_MAX_BYTES];
	ssize_t length = recv(self->fd, bytes, sizeof(bytes), 0);

	if (length < 0)
		return would_block() ? RPC_RECORD_MORE : RPC_RECORD_BAD;
	if (length == 0)
		return RPC_RECORD_BAD;
	return rpc_record_read(&self->answer, bytes, (gsize)length);
}

/* As far as it gets without waiting. */
static enum rpc_record_state advance(stream *self, GIOCondition condition)
{
	if (condition == 0)
		return RPC_RECORD_MORE;
	if (!self->connected && !finish_connect(self))
		return RPC_RECORD_BAD;
	if (self->sent < self->length)
		return send_rest(self) ? RPC_RECORD_MORE : RPC_RECORD_BAD;
	return receive(self);
}

static gboolean run(
	GSource *source, GSourceFunc callback G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED)
{
	stream *self = ((struct loop_source *)source)->self;
	enum rpc_record_state state = advance(self, g_source_query_unix_fd(source, self->fd_tag));

	if (state == RPC_RECORD_MORE && g_get_monotonic_time() < self->deadline)
		return G_SOURCE_CONTINUE;
	/* The last that is done with it: it may be closed in there. */
	if (state == RPC_RECORD_WHOLE)
		self->done(self->answer.record, self->answer.length, self->data);
	else
		self->done(NULL, 0, self->data);
	return G_SOURCE_REMOVE;
}

static GSourceFuncs loop_functions = {.dispatch = run};

static int open_connection(const endpoint *source, const endpoint *to, GError **error)
{
	int fd = endpoint_open_tcp(source, error);

	if (fd < 0)
		return -1;
	if (connect(fd, &to->any, endpoint_size(to)) < 0 && errno != EINPROGRESS) {
		lf_error_set_errno(error, LF_ERROR_FAILED, "no connection to be had");
		close(fd);
		return -1;
	}
	return fd;
}

stream *stream_open(GMainContext *context, const endpoint *source, const endpoint *to,
	const guint8 *call, gsize length, stream_done done, void *data, GError **error)
{
	int fd;

	g_return_val_if_fail(length <= WIRE_CALL_MAX_BYTES, NULL);
	fd = open_connection(source, to, error);
	if (fd < 0)
		return NULL;

	stream *self = g_new0(stream, 1);
	self->fd = fd;
	rpc_record_write(self->call, length);
	memcpy(self->call + RPC_RECORD_HEAD_BYTES, call, length);
	self->length = RPC_RECORD_HEAD_BYTES + length;
	self->done = done;
	self->data = data;
	self->loop = g_source_new(&loop_functions, sizeof(struct loop_source));
	((struct loop_source *)self->loop)->self = self;
	g_source_set_static_name(self->loop, "stream");
	self->fd_tag = g_source_add_unix_fd(self->loop, fd, G_IO_OUT);
	set_deadline(self, CONNECT_US);
	g_source_attach(self->loop, context);
	return self;
}

void stream_close(stream *self)
{
	if (self == NULL)
		return;
	g_source_destroy(self->loop);
	g_source_unref(self->loop);
	close(self->fd);
	g_free(self);
}
