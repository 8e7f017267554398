/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/claim_packet.h"

#include <string.h>

static const guint8 ours[] = {0x02, 0x11, 0x22, 0x33, 0x44, 0x55};
static const guint8 theirs[] = {0x02, 0x66, 0x77, 0x88, 0x99, 0xaa};

static endpoint address_of(const char *text)
{
	endpoint address;

	g_assert_true(endpoint_parse(text, &address, NULL));
	return address;
}

/* As the standards have them, byte for byte. */
static const guint8 arp_announcement[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0x11, 0x22,
	0x33, 0x44, 0x55, 0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1, 0x02, 0x11, 0x22, 0x33, 0x44, 0x55,
	192, 0, 2, 10, 0, 0, 0, 0, 0, 0, 192, 0, 2, 10};

/* The checksum is tcpdump's: "icmp6 sum ok". */
static const guint8 advertisement[] = {0x33, 0x33, 0, 0, 0, 1, 0x02, 0x11, 0x22, 0x33, 0x44, 0x55,
	0x86, 0xdd, 0x60, 0, 0, 0, 0, 32, 58, 255, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0x10, 0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 136, 0, 0, 0, 0x20, 0,
	0, 0, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 2, 1, 0x02, 0x11, 0x22,
	0x33, 0x44, 0x55};

#define CHECKSUM_AT (14 + 40 + 2)

static void test_announce(void)
{
	endpoint v4 = address_of("192.0.2.10"), v6 = address_of("2001:db8::10");
	guint8 packet[CLAIM_PACKET_MAX_BYTES];
	gsize length = claim_packet_announce(packet, ours, &v4);

	g_assert_cmpmem(packet, length, arp_announcement, sizeof(arp_announcement));
	length = claim_packet_announce(packet, ours, &v6);
	g_assert_true(packet[CHECKSUM_AT] != 0 || packet[CHECKSUM_AT + 1] != 0);
	packet[CHECKSUM_AT] = packet[CHECKSUM_AT + 1] = 0;
	g_assert_cmpmem(packet, length, advertisement, sizeof(advertisement));
}

/* Over the whole of pseudo header and message, a right checksum adds up to all ones. */
static void test_checksum(void)
{
	endpoint v6 = address_of("2001:db8::ffff:1234");
	guint8 packet[CLAIM_PACKET_MAX_BYTES];
	gsize length = claim_packet_announce(packet, ours, &v6);
	guint32 sum = 58 + (guint32)length - 54;

	for (gsize i = 14 + 8; i < length; i += 2)
		sum += (guint32)(packet[i] << 8 | packet[i + 1]);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	g_assert_cmphex(sum, ==, 0xffff);
}

static void test_ask(void)
{
	endpoint v4 = address_of("192.0.2.10"), v6 = address_of("2001:db8::ab12:3456");
	static const guint8 multicast[] = {0x33, 0x33, 0xff, 0x12, 0x34, 0x56};
	static const guint8 nobody[16];
	guint8 packet[CLAIM_PACKET_MAX_BYTES];

	/* Who is asked learns nothing of us: the sender is 0.0.0.0. */
	g_assert_cmpuint(claim_packet_ask(packet, ours, &v4), ==, 42);
	g_assert_cmpmem(packet + 28, 4, nobody, 4);
	g_assert_cmpmem(packet + 38, 4, "\xc0\x00\x02\x0a", 4);
	g_assert_cmpuint(claim_packet_ask(packet, ours, &v6), ==, 14 + 40 + 24);
	g_assert_cmpmem(packet, 6, multicast, 6);
	g_assert_cmpmem(packet + 22, 16, nobody, 16);
	g_assert_cmpuint(packet[54], ==, 135);
}

static void assert_says(const char *text, bool expected, guint8 *packet, gsize length)
{
	endpoint address = address_of(text);
	guint8 other[CLAIM_MAC_BYTES];

	g_assert_cmpint(claim_packet_says(packet, length, ours, &address, other), ==, expected);
	if (expected)
		g_assert_cmpmem(other, sizeof(other), theirs, sizeof(theirs));
	for (gsize i = 0; i < length && i < 42; i++)
		g_assert_false(claim_packet_says(packet, i, ours, &address, other));
}

static void test_says(void)
{
	static const char *const texts[] = {"192.0.2.10", "2001:db8::10"};
	static const char *const others[] = {"192.0.2.11", "2001:db8::11"};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		endpoint address = address_of(texts[i]);
		guint8 packet[CLAIM_PACKET_MAX_BYTES];
		gsize length = claim_packet_announce(packet, theirs, &address);

		assert_says(texts[i], true, packet, length);
		assert_says(others[i], false, packet, length);
		assert_says(others[1 - i], false, packet, length);
		/* Two that want the address at the same time. */
		length = claim_packet_ask(packet, theirs, &address);
		assert_says(texts[i], true, packet, length);
		assert_says(others[i], false, packet, length);
		/* Our own packets. */
		length = claim_packet_announce(packet, ours, &address);
		assert_says(texts[i], false, packet, length);
		length = claim_packet_ask(packet, ours, &address);
		assert_says(texts[i], false, packet, length);
	}
}

/* A client that looks for the address has it not. */
static void test_client(void)
{
	endpoint v4 = address_of("192.0.2.10"), v6 = address_of("2001:db8::10");
	guint8 packet[CLAIM_PACKET_MAX_BYTES];
	gsize length = claim_packet_ask(packet, theirs, &v4);

	packet[28] = 192;
	packet[31] = 50;
	assert_says("192.0.2.10", false, packet, length);
	length = claim_packet_ask(packet, theirs, &v6);
	packet[22] = 0x20;
	assert_says("2001:db8::10", false, packet, length);
	/* One that a router let through. */
	length = claim_packet_announce(packet, theirs, &v6);
	packet[21] = 254;
	assert_says("2001:db8::10", false, packet, length);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/claim-packet/announce", test_announce);
	g_test_add_func("/claim-packet/checksum", test_checksum);
	g_test_add_func("/claim-packet/ask", test_ask);
	g_test_add_func("/claim-packet/says", test_says);
	g_test_add_func("/claim-packet/client", test_client);
	return g_test_run();
}
