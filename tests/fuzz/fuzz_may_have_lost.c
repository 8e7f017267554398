/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/may_have_lost.h"

#include <stdint.h>

#define EPOCH 7

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static GPtrArray *lost_clients(void)
{
	static const char *const names[] = {"a", "client.example.com", "10.99.0.21"};
	GPtrArray *clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		client *entry = client_new(names[i], NULL, names[i], "node1");

		entry->recovery = RECOVERY_LOST;
		g_ptr_array_add(clients, entry);
	}
	return clients;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GPtrArray) clients = lost_clients();
	g_autoptr(GPtrArray) again = lost_clients();
	g_autoptr(GBytes) text = g_bytes_new(data, size);
	g_autoptr(GBytes) formatted = NULL;

	may_have_lost_apply(text, EPOCH, clients);
	formatted = may_have_lost_format(EPOCH, clients);
	if (formatted != NULL)
		may_have_lost_apply(formatted, EPOCH, again);
	for (guint i = 0; i < clients->len; i++) {
		const client *entry = g_ptr_array_index(clients, i);
		const client *other = g_ptr_array_index(again, i);

		g_assert_true(recovery_is_unheard(entry->recovery));
		g_assert_cmpint(other->recovery, ==, entry->recovery);
	}
	return 0;
}
