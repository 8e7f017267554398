/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NET_CLAIM_PACKET_H
#define LOCKFERRY_NET_CLAIM_PACKET_H

/*
 * The packets by which a host says that it has an address, and asks whether another one has it, as
 * they are on an Ethernet: ARP for IPv4 (RFC 826, RFC 5227), neighbour discovery for IPv6 (RFC
 * 4861, 7.2; RFC 4862, 5.4). Pure.
 */

#include "net/endpoint.h"

#define CLAIM_MAC_BYTES 6
#define CLAIM_PACKET_MAX_BYTES 128

/* "I have this address": a gratuitous ARP request, an unsolicited advertisement to all nodes that
 * overrides what they know. Returns its length. */
gsize claim_packet_announce(guint8 packet[CLAIM_PACKET_MAX_BYTES],
	const guint8 mac[CLAIM_MAC_BYTES], const endpoint *address);

/* "Who has this address?", asked without having one. Returns its length. */
gsize claim_packet_ask(guint8 packet[CLAIM_PACKET_MAX_BYTES], const guint8 mac[CLAIM_MAC_BYTES],
	const endpoint *address);

/* Whether a packet says that a host other than the one of that MAC address has the address, or is
 * just asking for it to take it. That host's MAC address is copied to `other`. */
bool claim_packet_says(const guint8 *packet, gsize length, const guint8 mac[CLAIM_MAC_BYTES],
	const endpoint *address, guint8 other[CLAIM_MAC_BYTES]);

#endif
