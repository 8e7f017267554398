/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/wire.h"

#include <netinet/in.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>

/* RFC 5531: the frame of every call and reply. */
enum {
	RPC_VERSION = 2,
	RPC_CALL = 0,
	RPC_REPLY = 1,
	RPC_ACCEPTED = 0,
	RPC_SUCCESS = 0,
	RPC_AUTH_NONE = 0,
	RPC_AUTH_SYS = 1,
	RPC_VERIFIER_MAX_BYTES = 400,
};

/* RFC 1833: rpcbind. */
enum {
	RPCBIND_PROGRAM = 100000,
	RPCBIND_GETPORT_VERSION = 2,
	RPCBIND_GETPORT = 3,
	RPCBIND_GETADDR_VERSION = 4,
	RPCBIND_GETADDR = 3,
};

/* X/Open XNFS, chapter 11: the status monitor. */
enum {
	NSM_PROGRAM = 100024,
	NSM_VERSION = 1,
	NSM_NOTIFY = 6,
	NSM_NAME_MAX_BYTES = 255,
};

/* Every universal address is much shorter: eight groups, a scope and a port. */
#define UNIVERSAL_ADDRESS_MAX_BYTES 128

#define MACHINE_MAX_BYTES 16

/* RFC 5531, 8.2 and appendix A: the credentials of root, in no other group. */
static void put_root(xdr_writer *to, const char *machine)
{
	guint8 body[4 + 4 + MACHINE_MAX_BYTES + 4 * 3];
	xdr_writer inner = {.buffer = body, .size = sizeof(body)};

	xdr_put_number(&inner, 0); /* a stamp */
	xdr_put_string(&inner, machine);
	for (int i = 0; i < 3; i++)
		xdr_put_number(&inner, 0); /* user, group, how many others */
	xdr_put_number(to, RPC_AUTH_SYS);
	xdr_put_opaque(to, body, xdr_written(&inner));
}

void wire_put_call(xdr_writer *to, guint32 xid, guint32 program, guint32 version, guint32 procedure,
	const char *machine)
{
	xdr_put_number(to, xid);
	xdr_put_number(to, RPC_CALL);
	xdr_put_number(to, RPC_VERSION);
	xdr_put_number(to, program);
	xdr_put_number(to, version);
	xdr_put_number(to, procedure);
	if (machine != NULL) {
		put_root(to, machine);
	} else {
		xdr_put_number(to, RPC_AUTH_NONE);
		xdr_put_number(to, 0);
	}
	xdr_put_number(to, RPC_AUTH_NONE); /* verifier and its length */
	xdr_put_number(to, 0);
}

gsize wire_null_call(guint8 *buffer, gsize size, guint32 xid, guint32 program, guint32 version)
{
	xdr_writer to = {.buffer = buffer, .size = size};

	wire_put_call(&to, xid, program, version, 0, NULL);
	return xdr_written(&to);
}

gsize wire_getport_call(guint8 *buffer, gsize size, guint32 xid, enum wire_transport transport)
{
	xdr_writer to = {.buffer = buffer, .size = size};

	wire_put_call(&to, xid, RPCBIND_PROGRAM, RPCBIND_GETPORT_VERSION, RPCBIND_GETPORT, NULL);
	xdr_put_number(&to, NSM_PROGRAM);
	xdr_put_number(&to, NSM_VERSION);
	xdr_put_number(&to, transport == WIRE_TCP ? IPPROTO_TCP : IPPROTO_UDP);
	xdr_put_number(&to, 0); /* the port, unused in a question */
	return xdr_written(&to);
}

gsize wire_getaddr_call(guint8 *buffer, gsize size, guint32 xid, enum wire_transport transport)
{
	xdr_writer to = {.buffer = buffer, .size = size};

	wire_put_call(&to, xid, RPCBIND_PROGRAM, RPCBIND_GETADDR_VERSION, RPCBIND_GETADDR, NULL);
	xdr_put_number(&to, NSM_PROGRAM);
	xdr_put_number(&to, NSM_VERSION);
	xdr_put_string(&to, transport == WIRE_TCP ? "tcp6" : "udp6");
	xdr_put_string(
		&to, ""); /* the address: empty, because rpcbind uses the caller's own address */
	xdr_put_string(&to, ""); /* the owner, unused in a question */
	return xdr_written(&to);
}

gsize wire_port_call(
	guint8 *buffer, gsize size, guint32 xid, enum wire_transport transport, sa_family_t family)
{
	return family == AF_INET6 ? wire_getaddr_call(buffer, size, xid, transport)
				  : wire_getport_call(buffer, size, xid, transport);
}

gsize wire_notify_call(guint8 *buffer, gsize size, guint32 xid, const char *mon_name, gint32 state)
{
	xdr_writer to = {.buffer = buffer, .size = size};

	if (strlen(mon_name) > NSM_NAME_MAX_BYTES)
		return 0;
	wire_put_call(&to, xid, NSM_PROGRAM, NSM_VERSION, NSM_NOTIFY, NULL);
	xdr_put_string(&to, mon_name);
	xdr_put_number(&to, (guint32)state);
	return xdr_written(&to);
}

static bool refuse(const char **why, const char *text)
{
	*why = text;
	return false;
}

bool wire_reply_xid(const guint8 *packet, gsize length, guint32 *xid)
{
	xdr_reader from = {.position = packet, .remaining = length};
	guint32 direction;

	return xdr_take_number(&from, xid) && xdr_take_number(&from, &direction) &&
	       direction == RPC_REPLY;
}

bool wire_take_success(xdr_reader *from, const char **why)
{
	guint32 xid, direction, status, flavour;
	const guint8 *verifier;
	gsize verifier_length;

	if (!xdr_take_number(from, &xid) || !xdr_take_number(from, &direction))
		return refuse(why, "the packet is cut off");
	if (direction != RPC_REPLY)
		return refuse(why, "the packet is not a reply");
	if (!xdr_take_number(from, &status))
		return refuse(why, "the reply is cut off");
	if (status != RPC_ACCEPTED)
		return refuse(why, "the call was denied");
	if (!xdr_take_number(from, &flavour) ||
		!xdr_take_opaque(from, RPC_VERIFIER_MAX_BYTES, &verifier, &verifier_length))
		return refuse(why, "the reply's verifier is cut off or longer than 400 bytes");
	if (!xdr_take_number(from, &status))
		return refuse(why, "the reply is cut off");
	if (status != RPC_SUCCESS)
		return refuse(why, "the call was accepted, but not carried out");
	return true;
}

bool wire_getport_reply(const guint8 *packet, gsize length, uint16_t *port, const char **why)
{
	xdr_reader from = {.position = packet, .remaining = length};
	guint32 number;

	if (!wire_take_success(&from, why))
		return false;
	if (!xdr_take_number(&from, &number))
		return refuse(why, "the port is cut off");
	if (number > UINT16_MAX)
		return refuse(why, "the port is above 65535");
	*port = (uint16_t)number;
	return true;
}

/* Parses one byte in decimal, with `length` digits and without sign, blanks or leading zeros. */
static bool parse_octet(const guint8 *digits, gsize length, guint32 *octet)
{
	if (length == 0 || length > 3 || (length > 1 && digits[0] == '0'))
		return false;
	*octet = 0;
	for (gsize i = 0; i < length; i++) {
		if (!g_ascii_isdigit(digits[i]))
			return false;
		*octet = *octet * 10 + (guint32)(digits[i] - '0');
	}
	return *octet <= UINT8_MAX;
}

/*
 * RFC 5665: ADDRESS.HIGH.LOW, where the last two are the bytes of the port. The address itself is
 * ignored, because statd is notified at the address from which rpcbind answered.
 */
static bool parse_universal_port(const guint8 *text, gsize length, uint16_t *port)
{
	const guint8 *low = memrchr(text, '.', length);
	if (!low)
		return false;

	const guint8 *high = memrchr(text, '.', (gsize)(low - text));
	if (!high || high == text)
		return false;

	guint32 high_octet, low_octet;
	if (!parse_octet(high + 1, (gsize)(low - high - 1), &high_octet) ||
		!parse_octet(low + 1, (gsize)(text + length - low - 1), &low_octet))
		return false;
	*port = (uint16_t)(high_octet << 8 | low_octet);
	return true;
}

bool wire_getaddr_reply(const guint8 *packet, gsize length, uint16_t *port, const char **why)
{
	xdr_reader from = {.position = packet, .remaining = length};
	const guint8 *address;
	gsize address_length;

	if (!wire_take_success(&from, why))
		return false;
	if (!xdr_take_opaque(&from, UNIVERSAL_ADDRESS_MAX_BYTES, &address, &address_length))
		return refuse(why, "the universal address is cut off or too long");
	if (address_length == 0) {
		*port = 0;
		return true;
	}
	if (!parse_universal_port(address, address_length, port))
		return refuse(why, "the universal address does not end in a port");
	return true;
}

bool wire_port_reply(
	const guint8 *packet, gsize length, sa_family_t family, uint16_t *port, const char **why)
{
	return family == AF_INET6 ? wire_getaddr_reply(packet, length, port, why)
				  : wire_getport_reply(packet, length, port, why);
}

bool wire_notify_reply(const guint8 *packet, gsize length, const char **why)
{
	xdr_reader from = {.position = packet, .remaining = length};

	return wire_take_success(&from, why);
}

guint32 wire_random_xid(void)
{
	guint32 xid = 0;

	while (xid == 0) {
		/* A request for so few bytes is never partly filled. It fails only if the kernel
		 * forbids the call. */
		if (getrandom(&xid, sizeof(xid), 0) != (ssize_t)sizeof(xid) && errno != EINTR)
			xid = g_random_int();
	}
	return xid;
}
