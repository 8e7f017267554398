/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/rpc_null.h"

#include "base/error.h"
#include "base/fd.h"
#include "net/endpoint.h"
#include "nsm/rpc_record.h"
#include "nsm/wire.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

static bool wait_for(int fd, short what, gint64 deadline_us)
{
	struct pollfd poller = {.fd = fd, .events = what};
	int ready;

	do {
		gint64 left_ms = (deadline_us - g_get_monotonic_time()) / 1000;

		ready = poll(&poller, 1, (int)CLAMP(left_ms, 0, G_MAXINT));
	} while (ready < 0 && errno == EINTR);
	if (ready == 0)
		errno = ETIMEDOUT;
	return ready > 0;
}

static int connect_to(guint16 port, gint64 deadline_us)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t size = sizeof(int);
	int problem = 0;
	endpoint to;

	endpoint_parse("127.0.0.1", &to, NULL);
	endpoint_set_port(&to, port);
	if (fd < 0)
		return -1;
	if (connect(fd, &to.any, endpoint_size(&to)) == 0)
		return fd;
	if (errno == EINPROGRESS && wait_for(fd, POLLOUT, deadline_us) &&
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size) == 0) {
		if (problem == 0)
			return fd;
		errno = problem;
	}
	fd_close(&fd);
	return -1;
}

/* What is wrong with the answer; NULL: nothing. */
static const char *read_answer(int fd, guint32 xid, gint64 deadline_us)
{
	rpc_record_reader reader = {0};
	enum rpc_record_state state = RPC_RECORD_MORE;
	const char *why = NULL;
	guint32 of;

	while (state == RPC_RECORD_MORE) {
		guint8 bytes[256];
		gssize got = -1;

		if (!wait_for(fd, POLLIN, deadline_us) ||
			(got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) < 0)
			return g_strerror(errno);
		if (got == 0)
			return "it ended the connection";
		state = rpc_record_read(&reader, bytes, (gsize)got);
	}
	if (state != RPC_RECORD_WHOLE || !wire_reply_xid(reader.record, reader.length, &of) ||
		of != xid)
		return "it sent something else";
	return wire_notify_reply(reader.record, reader.length, &why) ? NULL : why;
}

bool rpc_null_answers(
	guint16 port, guint32 program, guint32 version, guint timeout_ms, GError **error)
{
	gint64 deadline_us = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
	guint8 call[RPC_RECORD_HEAD_BYTES + WIRE_CALL_MAX_BYTES];
	guint32 xid = wire_random_xid();
	gsize length = wire_null_call(
		call + RPC_RECORD_HEAD_BYTES, WIRE_CALL_MAX_BYTES, xid, program, version);
	autofd fd = connect_to(port, deadline_us);
	const char *why = NULL;

	rpc_record_write(call, length);
	if (fd < 0 || !fd_send_all(fd, call, RPC_RECORD_HEAD_BYTES + length))
		why = g_strerror(errno);
	else
		why = read_answer(fd, xid, deadline_us);
	if (why == NULL)
		return true;
	g_set_error(error, LF_ERROR,
		g_get_monotonic_time() >= deadline_us ? LF_ERROR_TIMEOUT : LF_ERROR_FAILED,
		"no answer at port %u: %s", port, why);
	return false;
}
