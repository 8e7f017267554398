/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NET_TICKLE_H
#define LOCKFERRY_NET_TICKLE_H

/*
 * Tickles make clients renew the connections that they had with an address before it moved. Such a
 * client learns that its connection has ended only when it sends again. If it is waiting for an
 * answer, TCP doubles its pause before each retransmission (RFC 6298, 5.5). So after an outage,
 * this can take as long again as the outage.
 *
 * A tickle is an empty ACK that belongs to the connection but has a wrong sequence number. The
 * client must answer with an ACK of its current sequence numbers (RFC 9293, 3.10.7.4, first check).
 * The kernel here does not know that connection, so it answers with a reset (3.10.7.1), and the
 * client connects again at once. If the client has already connected again, only an extra ACK
 * results. Samba's CTDB uses the same method (ctdb/common/system_socket.c).
 *
 * Order of calls: tickle_start() after the address has come up -> tickle_free() at any time. It
 * runs in the default main context for some seconds. Each connection gets several packets, because
 * packets get lost, and because a client may send to the old node until it learns the new place of
 * the address.
 */

#include "net/connections.h"

#define TICKLE_BYTES 20

typedef struct tickle tickle;

/*
 * Sends from `address` (numeric) to the client of each of `connections` at that address. The other
 * connections are ignored. The error is LF_ERROR_ARGUMENT if it is not an address, and
 * LF_ERROR_PRIVILEGE or LF_ERROR_FAILED if no packet can be sent from it, for example because it is
 * not on this node.
 */
tickle *tickle_start(const char *address, const GArray *connections, GError **error);

/* Returns how many connections are handled. */
guint tickle_count(const tickle *self);

void tickle_free(tickle *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(tickle, tickle_free)

/* Makes the payload of an IP packet: a TCP segment with its checksum. */
void tickle_format(const struct connection *connection, guint8 packet[TICKLE_BYTES]);

#endif
