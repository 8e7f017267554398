/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/rpc_call.h"

#include "base/error.h"
#include "base/fd.h"
#include "net/endpoint.h"
#include "nsm/wire.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* Below 600 many services have their own. */
#define PRIVILEGED_FIRST 600
#define PRIVILEGED_LAST 1023

/* Where none is free, or we may not have it, any port does. */
static void bind_privileged(int fd, sa_family_t family)
{
	endpoint from = {.any.sa_family = family};

	for (guint16 port = PRIVILEGED_LAST; port >= PRIVILEGED_FIRST; port--) {
		endpoint_set_port(&from, port);
		if (bind(fd, &from.any, endpoint_size(&from)) == 0 || errno != EADDRINUSE)
			return;
	}
}

static int connect_to(const endpoint *to, bool privileged, gint64 deadline_us)
{
	int fd = socket(to->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t size = sizeof(int);
	int problem = 0;

	if (fd < 0)
		return -1;
	if (privileged)
		bind_privileged(fd, to->any.sa_family);
	if (connect(fd, &to->any, endpoint_size(to)) == 0)
		return fd;
	if (errno == EINPROGRESS && fd_wait(fd, POLLOUT, deadline_us) > 0 &&
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size) == 0) {
		if (problem == 0)
			return fd;
		errno = problem;
	}
	fd_close(&fd);
	return -1;
}

/* What is wrong with the answer; NULL: nothing. */
static const char *read_answer(int fd, guint32 xid, gint64 deadline_us, rpc_record_reader *reply)
{
	enum rpc_record_state state = RPC_RECORD_MORE;
	guint32 of;

	while (state == RPC_RECORD_MORE) {
		guint8 bytes[256];
		gssize got = -1;

		if (fd_wait(fd, POLLIN, deadline_us) <= 0 ||
			(got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) < 0)
			return g_strerror(errno);
		if (got == 0)
			return "it ended the connection";
		state = rpc_record_read(reply, bytes, (gsize)got);
	}
	if (state != RPC_RECORD_WHOLE || !wire_reply_xid(reply->record, reply->length, &of) ||
		of != xid)
		return "it sent something else";
	return NULL;
}

static bool set_unanswered(GError **error, guint16 port, gint64 deadline_us, const char *why)
{
	g_set_error(error, LF_ERROR,
		g_get_monotonic_time() >= deadline_us ? LF_ERROR_TIMEOUT : LF_ERROR_FAILED,
		"no answer at port %u: %s", port, why);
	return false;
}

static bool ask(const endpoint *to, bool privileged, guint8 *call, gsize length, guint32 xid,
	gint64 deadline_us, rpc_record_reader *reply, GError **error)
{
	guint8 *record = call - RPC_RECORD_HEAD_BYTES;
	const char *why = NULL;
	autofd fd = connect_to(to, privileged, deadline_us);

	memset(reply, 0, sizeof(*reply));
	rpc_record_write(record, length);
	if (fd < 0 || !fd_send_all(fd, record, RPC_RECORD_HEAD_BYTES + length))
		why = g_strerror(errno);
	else
		why = read_answer(fd, xid, deadline_us, reply);
	return why == NULL || set_unanswered(error, endpoint_port(to), deadline_us, why);
}

bool rpc_call(const char *address, guint16 port, guint8 *call, gsize length, guint32 xid,
	gint64 deadline_us, rpc_record_reader *reply, GError **error)
{
	endpoint to;

	if (!endpoint_parse(address, &to, error))
		return false;
	endpoint_set_port(&to, port);
	return ask(&to, true, call, length, xid, deadline_us, reply, error);
}

bool rpc_null_answers(
	guint16 port, guint32 program, guint32 version, guint timeout_ms, GError **error)
{
	gint64 deadline_us = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
	guint8 record[RPC_RECORD_HEAD_BYTES + WIRE_CALL_MAX_BYTES];
	guint8 *call = record + RPC_RECORD_HEAD_BYTES;
	guint32 xid = wire_random_xid();
	gsize length = wire_null_call(call, WIRE_CALL_MAX_BYTES, xid, program, version);
	rpc_record_reader reply;
	const char *why = NULL;
	endpoint to;

	if (!endpoint_parse("127.0.0.1", &to, error))
		return false;
	endpoint_set_port(&to, port);
	/* A closed connection keeps its port for a minute, and there are few privileged ones. */
	if (!ask(&to, false, call, length, xid, deadline_us, &reply, error))
		return false;
	return wire_notify_reply(reply.record, reply.length, &why) ||
	       set_unanswered(error, port, G_MAXINT64, why);
}
