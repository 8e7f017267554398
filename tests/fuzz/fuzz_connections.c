/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/listener.h"
#include "net/connections.h"
#include "net/tickle.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_comes_back(const GArray *set)
{
	g_autoptr(GBytes) bytes = connections_to_bytes(set);
	g_autoptr(GArray) again = connections_from_bytes(bytes);
	g_autoptr(GBytes) same = again != NULL ? connections_to_bytes(again) : NULL;

	g_assert_nonnull(again);
	g_assert_true(g_bytes_equal(bytes, same));
}

/* The input as the kernel's list: every connection is to an address that was asked for. */
static void as_listed(const char *text, gsize length)
{
	const char *const addresses[] = {"10.99.0.100", "fd00::1", NULL};
	const char *const none[] = {NULL};
	g_autoptr(GArray) set = connections_new();
	guint8 packet[TICKLE_BYTES];

	listener_parse(text, length, 2049, 0);
	connections_add(set, text, length, none);
	g_assert_cmpuint(set->len, ==, 0);
	connections_add(set, text, length, addresses);
	assert_comes_back(set);
	for (guint i = 0; i < set->len; i++) {
		const struct connection *entry = &g_array_index(set, struct connection, i);
		g_autofree char *server = endpoint_to_text(&entry->server);

		g_assert_true(g_strv_contains(addresses, server));
		tickle_format(entry, packet);
	}
}

/* The input as the contents of a store. */
static void as_stored(const uint8_t *data, size_t size)
{
	g_autoptr(GBytes) bytes = g_bytes_new(data, size);
	g_autoptr(GArray) set = connections_from_bytes(bytes);

	if (set != NULL)
		assert_comes_back(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t nothing[1];

	/* libFuzzer gives NULL for an empty input. */
	as_listed((const char *)(data ? data : nothing), size);
	as_stored(data, size);
	return 0;
}
