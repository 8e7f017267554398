/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/endpoint.h"
#include "nsm/hosts.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is in the file, a client is notified at an address of the source's family or not at
 * all. */
static void assert_reach(const hosts *known, const char *source)
{
	g_autofree char *address = hosts_reach(known, "client", source);
	endpoint to, from;

	if (address == NULL)
		return;
	g_assert_true(endpoint_parse(address, &to, NULL));
	g_assert_true(endpoint_parse(source, &from, NULL));
	g_assert_cmpint(to.any.sa_family, ==, from.any.sa_family);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* libFuzzer gives NULL for an empty input. */
	g_autoptr(hosts) known = hosts_parse(data != NULL ? (const char *)data : "", size);

	assert_reach(known, "192.0.2.10");
	assert_reach(known, "2001:db8::10");
	return 0;
}
