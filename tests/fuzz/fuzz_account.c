/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/account.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static GPtrArray *make_clients(void)
{
	static const char *const files[] = {"a", "client.example.com", "10.99.0.21"};
	GPtrArray *clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
	g_autoptr(GBytes) raw = g_bytes_new_static("", 0);

	for (gsize i = 0; i < G_N_ELEMENTS(files); i++)
		g_ptr_array_add(clients, client_new(files[i], raw, "10.99.0.21", "node1"));
	return clients;
}

static bool apply(const char *text, gsize length, GPtrArray *clients)
{
	g_autoptr(GHashTable) by_file = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GError) error = NULL;
	bool applied;

	for (guint i = 0; i < clients->len; i++) {
		client *entry = g_ptr_array_index(clients, i);

		g_hash_table_insert(by_file, entry->file, entry);
	}
	applied = account_apply(text, length, by_file, &error);
	g_assert_true(applied == (error == NULL));
	if (error != NULL)
		g_assert_true(g_utf8_validate(error->message, -1, NULL));
	return applied;
}

static void assert_possible(const client *entry)
{
	g_assert_cmpint(entry->first_recorded, >=, 0);
	g_assert_cmpint(entry->last_seen, >=, 0);
	g_assert_cmpint(entry->recovery, >=, 0);
	g_assert_cmpint(entry->recovery, <, RECOVERY_COUNT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t nothing[1];
	g_autoptr(GPtrArray) clients = make_clients();
	g_autoptr(GPtrArray) again = make_clients();

	/* libFuzzer gives NULL for an empty input. */
	data = data ? data : nothing;
	apply((const char *)data, size, clients);
	/* Anything that is accepted, even from a damaged account, is valid, and survives a round
	 * trip. */
	g_autofree char *text = account_format(clients);
	g_assert_true(apply(text, strlen(text), again));
	for (guint i = 0; i < clients->len; i++) {
		const client *entry = g_ptr_array_index(clients, i);
		const client *other = g_ptr_array_index(again, i);

		assert_possible(entry);
		g_assert_cmpint(other->first_recorded, ==, entry->first_recorded);
		g_assert_cmpint(other->last_seen, ==, entry->last_seen);
		g_assert_cmpint(other->recovery, ==, entry->recovery);
	}
	return 0;
}
