/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_WIRE_H
#define LOCKFERRY_NSM_WIRE_H

/*
 * The three packets of a notification, in XDR, as they are over UDP; rpc_record.h makes them those
 * of TCP. Pure: buffers in, buffers out.
 *
 * rpcbind GETPORT (program 100000, version 2, procedure 3: RFC 1833 section 3) and, for IPv6,
 * GETADDR (version 4, procedure 3: RFC 1833 section 2.2.1) ask where the client's status monitor
 * (program 100024, version 1) listens; SM_NOTIFY (procedure 6) tells it. Calls carry
 * AUTH_NONE (RFC 5531 section 8.2, 10). SM_NOTIFY's argument is stat_chge { string mon_name<1024>;
 * int state; } and its result void: X/Open "Protocols for Interworking: XNFS", chapter 11; Linux
 * fs/lockd/mon.c has the other side.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* Fits every call below with the longest names. */
#define WIRE_CALL_MAX_BYTES 512

#define WIRE_RPCBIND_PORT 111

/* Where the status monitor is asked for. */
enum wire_transport { WIRE_UDP, WIRE_TCP };

/*
 * Write a call into `buffer` (of `size` bytes); return its length, or 0 where it does not fit.
 * `state` is the state number; `mon_name` the server as the client knows it, at most 255 bytes.
 */
gsize wire_getport_call(guint8 *buffer, gsize size, guint32 xid, enum wire_transport transport);
gsize wire_getaddr_call(guint8 *buffer, gsize size, guint32 xid, enum wire_transport transport);

/* Of those two, the one for a client of that address family. */
gsize wire_port_call(
	guint8 *buffer, gsize size, guint32 xid, enum wire_transport transport, sa_family_t family);

gsize wire_notify_call(guint8 *buffer, gsize size, guint32 xid, const char *mon_name, gint32 state);

/* Procedure 0 of any program, which does nothing but answer (RFC 5531 section 12.1). Its reply is
 * void, as that of a notification. */
gsize wire_null_call(guint8 *buffer, gsize size, guint32 xid, guint32 program, guint32 version);

/* The transaction id of what may be a reply, so that its call can be found. False: too short, or a
 * call. */
bool wire_reply_xid(const guint8 *packet, gsize length, guint32 *xid);

/*
 * Read a reply. False with `why` (static text) when it is cut off, malformed, denied or not
 * successful. `port` is 0 when the client's rpcbind knows of no status monitor, and is set on
 * success only. A verifier of any flavour is skipped (at most 400 bytes, as RFC 5531 has it), and
 * so is anything behind the results.
 */
bool wire_getport_reply(const guint8 *packet, gsize length, uint16_t *port, const char **why);
bool wire_getaddr_reply(const guint8 *packet, gsize length, uint16_t *port, const char **why);
bool wire_port_reply(
	const guint8 *packet, gsize length, sa_family_t family, uint16_t *port, const char **why);
bool wire_notify_reply(const guint8 *packet, gsize length, const char **why);

/* The id of a call, of the system's random generator: whoever does not see our packets must not
 * guess it. Never 0. */
guint32 wire_random_xid(void);

#endif
