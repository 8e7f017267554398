/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/nfs4_clients.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_printable(const char *text)
{
	for (; *text != '\0'; text++)
		g_assert_true(g_ascii_isprint(*text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nfs4_client *client = nfs4_client_parse((const char *)data, size);

	if (client != NULL) {
		assert_printable(client->address);
		assert_printable(client->name);
		assert_printable(client->status);
		g_assert_cmpint(client->renewed_s, >=, -1);
	}
	nfs4_client_free(client);
	return 0;
}
