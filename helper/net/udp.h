/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NET_UDP_H
#define LOCKFERRY_NET_UDP_H

/*
 * A UDP socket in a main loop, with one timer. tests/sim links another implementation, which uses a
 * simulated network.
 *
 * Order of calls: udp_open() -> udp_send(), udp_wake_at() -> iterations of the thread's default
 * main context call `turn` -> udp_receive() until it returns less than UDP_BATCH -> ... ->
 * udp_close(). udp_close() may also be called from within `turn`. `turn` is called if packets may
 * have arrived, if the timer has expired, or if the socket accepts packets again. Nothing blocks.
 */

#include "net/endpoint.h"

#define UDP_BATCH 32

/* Longer packets are truncated. */
#define UDP_PACKET_MAX_BYTES 1024

typedef struct udp udp;

struct udp_packet {
	endpoint from;
	gsize length;
	guint8 bytes[UDP_PACKET_MAX_BYTES];
};

typedef void (*udp_turn)(void *data);

/* Opens a socket that is bound to that address, with a port as in endpoint_open_udp(). The
 * errors are the same. */
udp *udp_open(const endpoint *source, udp_turn turn, void *data, GError **error);

enum udp_sent {
	UDP_SENT,
	UDP_LOST, /* the network refuses the packet */
	UDP_FULL, /* the socket accepts no more packets; udp_is_full() is true until a later `turn`
		   */
};

enum udp_sent udp_send(udp *self, const endpoint *to, const void *packet, gsize length);
bool udp_is_full(const udp *self);

/* Returns how many packets arrived, at most UDP_BATCH. */
guint udp_receive(udp *self, struct udp_packet packets[UDP_BATCH]);

/* Sets when `turn` is called next even without a packet: monotonic, in microseconds. A negative
 * time means never. */
void udp_wake_at(udp *self, gint64 us);

void udp_close(udp *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(udp, udp_close)

#endif
