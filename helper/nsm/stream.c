/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/stream.h"

#include "base/error.h"
#include "base/fd_source.h"
#include "nsm/rpc_record.h"
#include "nsm/wire.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The system sends its SYN again after one second. */
#define CONNECT_US (2 * G_USEC_PER_SEC)
#define ANSWER_US (5 * G_USEC_PER_SEC)

struct stream {
	fd_source *socket; /* its timer is the deadline */
	bool connected;
	gint64 deadline; /* monotonic, in microseconds */
	guint8 call[RPC_RECORD_HEAD_BYTES + WIRE_CALL_MAX_BYTES];
	gsize length;
	gsize sent;
	rpc_record_reader answer;
	stream_done done;
	void *data;
};

static void set_deadline(stream *self, gint64 after)
{
	self->deadline = g_get_monotonic_time() + after;
	fd_source_wake_at(self->socket, self->deadline);
}

/* Returns false if the connection failed. */
static bool finish_connect(stream *self)
{
	int problem = 0;
	socklen_t size = sizeof(problem);

	if (getsockopt(fd_source_fd(self->socket), SOL_SOCKET, SO_ERROR, &problem, &size) < 0 ||
		problem != 0)
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
	ssize_t sent = send(fd_source_fd(self->socket), self->call + self->sent,
		self->length - self->sent, MSG_NOSIGNAL);

	if (sent < 0)
		return would_block();
	self->sent += (gsize)sent;
	if (self->sent == self->length)
		fd_source_watch(self->socket, G_IO_IN);
	return true;
}

/* If the client closes the connection before the answer is complete, there is no answer. */
static enum rpc_record_state receive(stream *self)
{
	guint8 bytes[RPC_RECORD_MAX_BYTES];
	ssize_t length = recv(fd_source_fd(self->socket), bytes, sizeof(bytes), 0);

	if (length < 0)
		return would_block() ? RPC_RECORD_MORE : RPC_RECORD_BAD;
	if (length == 0)
		return RPC_RECORD_BAD;
	return rpc_record_read(&self->answer, bytes, (gsize)length);
}

/* Does as much as possible without waiting. */
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

static gboolean run(GIOCondition condition, void *data)
{
	stream *self = data;
	enum rpc_record_state state = advance(self, condition);

	if (state == RPC_RECORD_MORE && g_get_monotonic_time() < self->deadline)
		return G_SOURCE_CONTINUE;
	/* The stream must not be used after this call, because the callback may close it. */
	if (state == RPC_RECORD_WHOLE)
		self->done(self->answer.record, self->answer.length, self->data);
	else
		self->done(NULL, 0, self->data);
	return G_SOURCE_REMOVE;
}

static int open_connection(const endpoint *source, const endpoint *to, GError **error)
{
	int fd = endpoint_open_tcp(source, error);

	if (fd < 0)
		return -1;
	if (connect(fd, &to->any, endpoint_size(to)) < 0 && errno != EINPROGRESS) {
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot connect");
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
	rpc_record_write(self->call, length);
	memcpy(self->call + RPC_RECORD_HEAD_BYTES, call, length);
	self->length = RPC_RECORD_HEAD_BYTES + length;
	self->done = done;
	self->data = data;
	self->socket = fd_source_new(context, "stream", fd, G_IO_OUT, run, self);
	set_deadline(self, CONNECT_US);
	return self;
}

void stream_close(stream *self)
{
	if (self == NULL)
		return;
	fd_source_close(self->socket);
	g_free(self);
}
