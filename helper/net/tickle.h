/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NET_TICKLE_H
#define LOCKFERRY_NET_TICKLE_H

/*
 * Tickles: clients are made to renew the connections they had with an address before it moved.
 *
 * Such a client only learns that its connection has ended when it sends again. With something under
 * way, TCP doubles its pause each time (RFC 6298, 5.5), so that after an outage that takes up to as
 * long again. A tickle is an empty ACK that belongs to the connection but for its number: the
 * client has to answer it with where it is (RFC 9293, 3.10.7.4, first check), the kernel here,
 * which knows no such connection, answers that by a reset (3.10.7.1), and the client connects again
 * at once. Where the client has done so already, nothing comes of it but an ACK. Samba's CTDB does
 * the same (ctdb/common/system_socket.c).
 *
 * tickle_start() when the address has come -> tickle_free(), at any time. It runs in the default
 * main context, for some seconds: each connection has its turn several times, as packets get lost,
 * and as a client may look for the address at its old node until it was told otherwise.
 */

#include "net/connections.h"

#define TICKLE_BYTES 20

typedef struct tickle tickle;

/*
 * From `address` (numeric), to the client of each of the `connections` that is one with it; of
 * others nothing is said. Error (argument): it is not an address; (privilege, failed): no packet
 * can be sent from it, as when it isn't here.
 */
tickle *tickle_start(const char *address, const GArray *connections, GError **error);

/* How many connections it is about. */
guint tickle_count(const tickle *self);

void tickle_free(tickle *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(tickle, tickle_free)

/* A tickle as it goes into an IP packet: a TCP segment, with its checksum. */
void tickle_format(const struct connection *connection, guint8 packet[TICKLE_BYTES]);

#endif
