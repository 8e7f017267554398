/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NET_UDP_H
#define LOCKFERRY_NET_UDP_H

/*
 * A UDP socket in a main loop, with one alarm. tests/sim links one of its own in this one's place,
 * on a simulated network.
 *
 * udp_open() -> udp_send(), udp_wake_at() -> `turn`, from iterations of the thread's default main
 * context: packets may be there, or the time has come, or the socket takes packets again ->
 * udp_receive() until it gives less than UDP_BATCH -> ... -> udp_close(), also from within `turn`.
 * Nothing blocks.
 */

#include "net/endpoint.h"

#define UDP_BATCH 32

/* Of longer packets the rest is cut off. */
#define UDP_PACKET_MAX_BYTES 1024

typedef struct udp udp;

struct udp_packet {
	endpoint from;
	gsize length;
	guint8 bytes[UDP_PACKET_MAX_BYTES];
};

typedef void (*udp_turn)(void *data);

/* From that address, and a port as of endpoint_open_udp(); the same errors. */
udp *udp_open(const endpoint *source, udp_turn turn, void *data, GError **error);

enum udp_sent {
	UDP_SENT,
	UDP_LOST, /* the network refuses it */
	UDP_FULL, /* the socket takes nothing more: udp_is_full() until the `turn` that says so */
};

enum udp_sent udp_send(udp *self, const endpoint *to, const void *packet, gsize length);
bool udp_is_full(const udp *self);

/* How many packets came: UDP_BATCH at most. */
guint udp_receive(udp *self, struct udp_packet packets[UDP_BATCH]);

/* When `turn` is called next without a packet: monotonic, in microseconds; negative: never. */
void udp_wake_at(udp *self, gint64 us);

void udp_close(udp *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(udp, udp_close)

#endif
