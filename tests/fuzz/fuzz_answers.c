/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/answers.h"

#include <stdint.h>

#define STATE_NUMBER 7

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static GPtrArray *silent_clients(void)
{
	static const char *const files[] = {"a", "client.example.com", "10.99.0.21"};
	GPtrArray *clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);

	for (gsize i = 0; i < G_N_ELEMENTS(files); i++)
		g_ptr_array_add(clients, client_new(files[i], NULL, "10.99.0.21", "node1"));
	return clients;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GPtrArray) clients = silent_clients();
	g_autoptr(GPtrArray) again = silent_clients();
	g_autoptr(GBytes) text = g_bytes_new(data, size);
	g_autoptr(GBytes) formatted = NULL;

	answers_apply(text, STATE_NUMBER, clients);
	formatted = answers_format(STATE_NUMBER, clients);
	if (formatted != NULL)
		answers_apply(formatted, STATE_NUMBER, again);
	for (guint i = 0; i < clients->len; i++) {
		const client *entry = g_ptr_array_index(clients, i);
		const client *other = g_ptr_array_index(again, i);

		g_assert_cmpuint(entry->told, ==, entry->answered);
		g_assert_cmpuint(other->answered, ==, entry->answered);
		g_assert_true(other->asked == entry->asked);
		g_assert_true(other->late == entry->late);
		g_assert_cmpint(entry->recovery, ==, RECOVERY_RECORDED);
	}
	return 0;
}
