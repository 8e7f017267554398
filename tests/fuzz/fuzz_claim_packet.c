/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/claim_packet.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const guint8 mac[CLAIM_MAC_BYTES] = {0x02, 0x11, 0x22, 0x33, 0x44, 0x55};

/* A packet as the network has it. Only one from another host says that this one has the address,
 * and never those of both families. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const texts[] = {"192.0.2.10", "2001:db8::10"};
	guint says = 0;

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		guint8 other[CLAIM_MAC_BYTES];
		endpoint address;

		g_assert_true(endpoint_parse(texts[i], &address, NULL));
		if (!claim_packet_says(data, size, mac, &address, other))
			continue;
		g_assert_true(memcmp(other, mac, sizeof(mac)) != 0);
		g_assert_cmpmem(other, sizeof(other), data + CLAIM_MAC_BYTES, CLAIM_MAC_BYTES);
		says++;
	}
	g_assert_cmpuint(says, <=, 1);
	return 0;
}
