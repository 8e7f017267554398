/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_WIRE_H
#define LOCKFERRY_NSM_WIRE_H

/*
 * The three packets of a notification, in XDR, as UDP carries them. rpc_record.h makes the TCP
 * form. Pure: buffers in, buffers out.
 *
 * rpcbind GETPORT (program 100000, version 2, procedure 3: RFC 1833 section 3) and, for IPv6,
 * GETADDR (version 4, procedure 3: RFC 1833 section 2.2.1) ask for the port of the client's status
 * monitor (program 100024, version 1). SM_NOTIFY (procedure 6) notifies it. Calls carry AUTH_NONE
 * (RFC 5531 section 8.2, 10). The argument of SM_NOTIFY is stat_chge { string mon_name<1024>; int
 * state; } and its result is void: X/Open "Protocols for Interworking: XNFS", chapter 11. Linux
 * fs/lockd/mon.c implements the other side.
 */

#include "nsm/xdr.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* Enough for every call below with the longest names. */
#define WIRE_CALL_MAX_BYTES 512

#define WIRE_RPCBIND_PORT 111

/* The transport for which the status monitor's port is asked. */
enum wire_transport { WIRE_UDP, WIRE_TCP };

/*
 * These functions write a call into `buffer` (of `size` bytes). They return its length, or 0 if it
 * does not fit. `state` is the state number. `mon_name` is the client's name for the server, at
 * most 255 bytes.
 */
gsize wire_getport_call(guint8 *buffer, gsize size, guint32 xid, enum wire_transport transport);
gsize wire_getaddr_call(guint8 *buffer, gsize size, guint32 xid, enum wire_transport transport);

/* Writes the one of these two calls that fits the client's address family. */
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
 * These functions read a reply. They return false with `why` (a static text) if it is cut off,
 * malformed, denied or not successful. `port` is set on success only. It is 0 if the client's
 * rpcbind knows no status monitor. A verifier of any flavour is skipped (at most 400 bytes, as in
 * RFC 5531), and so is everything after the results.
 */
bool wire_getport_reply(const guint8 *packet, gsize length, uint16_t *port, const char **why);
bool wire_getaddr_reply(const guint8 *packet, gsize length, uint16_t *port, const char **why);
bool wire_port_reply(
	const guint8 *packet, gsize length, sa_family_t family, uint16_t *port, const char **why);
bool wire_notify_reply(const guint8 *packet, gsize length, const char **why);

/* For calls of other programs: writes the head of a call, with AUTH_NONE or, if `machine` is not
 * NULL, as root of a machine of that name (16 bytes at most); and reads a reply up to its results.
 * The latter returns false with `why` as above. */
void wire_put_call(xdr_writer *to, guint32 xid, guint32 program, guint32 version, guint32 procedure,
	const char *machine);
bool wire_take_success(xdr_reader *from, const char **why);

/* Returns the id for a call, from the system's random generator: somebody who does not see our
 * packets must not be able to guess it. It is never 0. */
guint32 wire_random_xid(void);

#endif
