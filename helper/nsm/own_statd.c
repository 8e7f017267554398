/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/own_statd.h"

#include "base/error.h"
#include "net/endpoint.h"
#include "nsm/wire.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#define RESEND_MS 1000
#define PACKET_MAX_BYTES 2048

/* Returns the length of the reply to that call, or -1 with errno. */
static gssize ask(int fd, guint16 port, const guint8 *call, gsize length, guint32 xid,
	guint8 *reply, guint timeout_ms)
{
	gint64 deadline_us = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
	endpoint to;

	endpoint_parse("127.0.0.1", &to, NULL);
	endpoint_set_port(&to, port);
	while (g_get_monotonic_time() < deadline_us) {
		struct pollfd poller = {.fd = fd, .events = POLLIN};
		gssize got;
		guint32 of;

		if (sendto(fd, call, length, 0, &to.any, endpoint_size(&to)) < 0 &&
			errno != ECONNREFUSED)
			return -1;
		while (poll(&poller, 1, RESEND_MS) > 0) {
			got = recv(fd, reply, PACKET_MAX_BYTES, MSG_DONTWAIT);
			if (got > 0 && wire_reply_xid(reply, (gsize)got, &of) && of == xid)
				return got;
		}
	}
	errno = ETIMEDOUT;
	return -1;
}

static bool refuse(GError **error, const char *whom, const char *why)
{
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"the %s of this node did not accept the notification: %s: check that it is running",
		whom, why);
	return false;
}

static bool find_port(int fd, guint16 *port, guint timeout_ms, GError **error)
{
	guint8 call[WIRE_CALL_MAX_BYTES], reply[PACKET_MAX_BYTES];
	guint32 xid = wire_random_xid();
	gsize length = wire_getport_call(call, sizeof(call), xid, WIRE_UDP);
	gssize got = ask(fd, WIRE_RPCBIND_PORT, call, length, xid, reply, timeout_ms);
	const char *why = NULL;

	if (got < 0)
		return refuse(error, "rpcbind", g_strerror(errno));
	if (!wire_getport_reply(reply, (gsize)got, port, &why))
		return refuse(error, "rpcbind", why);
	return *port != 0 || refuse(error, "rpc.statd", "rpcbind does not know it");
}

static bool notify(
	int fd, guint16 port, const char *mon_name, gint32 state, guint timeout_ms, GError **error)
{
	guint8 call[WIRE_CALL_MAX_BYTES], reply[PACKET_MAX_BYTES];
	guint32 xid = wire_random_xid();
	gsize length = wire_notify_call(call, sizeof(call), xid, mon_name, state);
	gssize got = ask(fd, port, call, length, xid, reply, timeout_ms);
	const char *why = NULL;

	if (got < 0)
		return refuse(error, "rpc.statd", g_strerror(errno));
	return wire_notify_reply(reply, (gsize)got, &why) || refuse(error, "rpc.statd", why);
}

bool own_statd_tell(const char *mon_name, gint32 state, guint timeout_ms, GError **error)
{
	endpoint from;
	guint16 port = 0;
	bool told;
	int fd;

	if (!endpoint_parse("127.0.0.1", &from, error))
		return false;
	fd = endpoint_open_udp(&from, error);
	if (fd < 0)
		return false;
	told = find_port(fd, &port, timeout_ms, error) &&
	       notify(fd, port, mon_name, state, timeout_ms, error);
	close(fd);
	return told;
}
