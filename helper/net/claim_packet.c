/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/claim_packet.h"

#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netinet/ip6.h>
#include <string.h>

/* A packet that passed a router does not count as neighbour discovery (RFC 4861, 7.1). */
#define HOP_LIMIT 255

struct arp_packet {
	struct ether_header ethernet;
	struct ether_arp arp;
} __attribute__((packed));

/* A solicitation has the same members (RFC 4861, 4.3). */
struct neighbour_packet {
	struct ether_header ethernet;
	struct ip6_hdr ip;
	struct nd_neighbor_advert message;
	struct nd_opt_hdr option; /* with the MAC address; not in a question */
	guint8 mac[CLAIM_MAC_BYTES];
} __attribute__((packed));

static const guint8 everybody[CLAIM_MAC_BYTES] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const guint8 nobody[CLAIM_MAC_BYTES];

/* For an IPv6 multicast address (RFC 2464, 7). */
static void set_multicast(guint8 to[CLAIM_MAC_BYTES], const guint8 *group)
{
	to[0] = to[1] = 0x33;
	memcpy(to + 2, group + 12, 4);
}

static gsize make_arp(guint8 *packet, const guint8 *mac, const struct in_addr *sender,
	const struct in_addr *target)
{
	struct arp_packet self = {
		.ethernet.ether_type = htons(ETHERTYPE_ARP),
		.arp.ea_hdr = {.ar_hrd = htons(ARPHRD_ETHER),
			.ar_pro = htons(ETHERTYPE_IP),
			.ar_hln = CLAIM_MAC_BYTES,
			.ar_pln = sizeof(struct in_addr),
			.ar_op = htons(ARPOP_REQUEST)},
	};

	memcpy(self.ethernet.ether_dhost, everybody, CLAIM_MAC_BYTES);
	memcpy(self.ethernet.ether_shost, mac, CLAIM_MAC_BYTES);
	memcpy(self.arp.arp_sha, mac, CLAIM_MAC_BYTES);
	memcpy(self.arp.arp_spa, sender, sizeof(self.arp.arp_spa));
	memcpy(self.arp.arp_tha, nobody, CLAIM_MAC_BYTES);
	memcpy(self.arp.arp_tpa, target, sizeof(self.arp.arp_tpa));
	memcpy(packet, &self, sizeof(self));
	return sizeof(self);
}

static guint32 add_words(guint32 sum, const void *bytes, gsize length)
{
	const guint8 *at = bytes;

	for (gsize i = 0; i + 1 < length; i += 2)
		sum += (guint32)(at[i] << 8 | at[i + 1]);
	return sum;
}

/* RFC 8200, 8.1: over the addresses, the length, the protocol and the message. */
static void finish_neighbour(struct neighbour_packet *self, gsize message_bytes)
{
	guint32 sum = (guint32)(IPPROTO_ICMPV6 + message_bytes);

	self->ethernet.ether_type = htons(ETHERTYPE_IPV6);
	self->ip.ip6_flow = htonl(6U << 28);
	self->ip.ip6_plen = htons((guint16)message_bytes);
	self->ip.ip6_nxt = IPPROTO_ICMPV6;
	self->ip.ip6_hlim = HOP_LIMIT;
	sum = add_words(sum, &self->ip.ip6_src, sizeof(self->ip.ip6_src));
	sum = add_words(sum, &self->ip.ip6_dst, sizeof(self->ip.ip6_dst));
	sum = add_words(sum, &self->message, message_bytes);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	self->message.nd_na_hdr.icmp6_cksum = htons((guint16)~sum);
	set_multicast(self->ethernet.ether_dhost, self->ip.ip6_dst.s6_addr);
}

gsize claim_packet_announce(guint8 packet[CLAIM_PACKET_MAX_BYTES],
	const guint8 mac[CLAIM_MAC_BYTES], const endpoint *address)
{
	struct neighbour_packet self = {0};

	if (address->any.sa_family == AF_INET)
		return make_arp(packet, mac, &address->v4.sin_addr, &address->v4.sin_addr);
	memcpy(self.ethernet.ether_shost, mac, CLAIM_MAC_BYTES);
	self.ip.ip6_src = address->v6.sin6_addr;
	/* All nodes: ff02::1. */
	self.ip.ip6_dst = (struct in6_addr){.s6_addr = {0xff, 0x02, [15] = 1}};
	self.message.nd_na_hdr.icmp6_type = ND_NEIGHBOR_ADVERT;
	self.message.nd_na_flags_reserved = ND_NA_FLAG_OVERRIDE;
	self.message.nd_na_target = address->v6.sin6_addr;
	self.option.nd_opt_type = ND_OPT_TARGET_LINKADDR;
	self.option.nd_opt_len = 1;
	memcpy(self.mac, mac, CLAIM_MAC_BYTES);
	finish_neighbour(&self, sizeof(self.message) + sizeof(self.option) + sizeof(self.mac));
	memcpy(packet, &self, sizeof(self));
	return sizeof(self);
}

gsize claim_packet_ask(guint8 packet[CLAIM_PACKET_MAX_BYTES], const guint8 mac[CLAIM_MAC_BYTES],
	const endpoint *address)
{
	const struct in_addr none = {0};
	struct neighbour_packet self = {0};
	gsize length = offsetof(struct neighbour_packet, option);

	if (address->any.sa_family == AF_INET)
		return make_arp(packet, mac, &none, &address->v4.sin_addr);
	memcpy(self.ethernet.ether_shost, mac, CLAIM_MAC_BYTES);
	/* The group of those with such an address: ff02::1:ffXX:XXXX (RFC 4291, 2.7.1). */
	self.ip.ip6_dst = (struct in6_addr){.s6_addr = {0xff, 0x02, [11] = 1, [12] = 0xff}};
	memcpy(self.ip.ip6_dst.s6_addr + 13, address->v6.sin6_addr.s6_addr + 13, 3);
	self.message.nd_na_hdr.icmp6_type = ND_NEIGHBOR_SOLICIT;
	self.message.nd_na_target = address->v6.sin6_addr;
	finish_neighbour(&self, sizeof(self.message));
	memcpy(packet, &self, length);
	return length;
}

/* An answer, an announcement, or the question of another host before it takes the address (from
 * 0.0.0.0, RFC 5227, 2.1.1). A plain question of a client is from its own address. */
static bool arp_says(const struct arp_packet *self, const struct in_addr *address)
{
	static const struct in_addr none;

	if (self->ethernet.ether_type != htons(ETHERTYPE_ARP) ||
		self->arp.ea_hdr.ar_hrd != htons(ARPHRD_ETHER) ||
		self->arp.ea_hdr.ar_pro != htons(ETHERTYPE_IP) ||
		self->arp.ea_hdr.ar_hln != CLAIM_MAC_BYTES ||
		self->arp.ea_hdr.ar_pln != sizeof(struct in_addr))
		return false;
	if (memcmp(self->arp.arp_spa, address, sizeof(*address)) == 0)
		return true;
	return self->arp.ea_hdr.ar_op == htons(ARPOP_REQUEST) &&
	       memcmp(self->arp.arp_spa, &none, sizeof(none)) == 0 &&
	       memcmp(self->arp.arp_tpa, address, sizeof(*address)) == 0;
}

/* An advertisement, or a question from nobody (RFC 4862, 5.4.3). */
static bool neighbour_says(const struct neighbour_packet *self, const struct in6_addr *address)
{
	guint8 type = self->message.nd_na_hdr.icmp6_type;

	if (self->ethernet.ether_type != htons(ETHERTYPE_IPV6) ||
		self->ip.ip6_nxt != IPPROTO_ICMPV6 || self->ip.ip6_hlim != HOP_LIMIT ||
		memcmp(&self->message.nd_na_target, address, sizeof(*address)) != 0)
		return false;
	return type == ND_NEIGHBOR_ADVERT ||
	       (type == ND_NEIGHBOR_SOLICIT &&
		       memcmp(&self->ip.ip6_src, &in6addr_any, sizeof(in6addr_any)) == 0);
}

static bool says(const guint8 *packet, gsize length, const endpoint *address)
{
	struct neighbour_packet neighbour = {0};
	struct arp_packet arp;

	if (address->any.sa_family == AF_INET) {
		if (length < sizeof(arp))
			return false;
		memcpy(&arp, packet, sizeof(arp));
		return arp_says(&arp, &address->v4.sin_addr);
	}
	if (length < offsetof(struct neighbour_packet, option))
		return false;
	memcpy(&neighbour, packet, offsetof(struct neighbour_packet, option));
	return neighbour_says(&neighbour, &address->v6.sin6_addr);
}

bool claim_packet_says(const guint8 *packet, gsize length, const guint8 mac[CLAIM_MAC_BYTES],
	const endpoint *address, guint8 other[CLAIM_MAC_BYTES])
{
	if (!says(packet, length, address))
		return false;
	memcpy(other, packet + CLAIM_MAC_BYTES, CLAIM_MAC_BYTES);
	return memcmp(other, mac, CLAIM_MAC_BYTES) != 0;
}
