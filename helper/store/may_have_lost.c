/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/may_have_lost.h"

#include "base/text.h"
#include "store/listing.h"

#define KIND "may_have_lost"

GBytes *may_have_lost_format(guint64 epoch, GPtrArray *clients)
{
	g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < clients->len; i++) {
		const client *entry = g_ptr_array_index(clients, i);

		if (entry->recovery == RECOVERY_MAY_HAVE_LOST)
			g_ptr_array_add(keys, client_key(entry->file, entry->mon_name));
	}
	g_ptr_array_sort(keys, text_compare);
	return listing_format(KIND, epoch, keys);
}

static bool is_among(GHashTable *keys, const client *entry)
{
	g_autofree char *key = client_key(entry->file, entry->mon_name);

	return g_hash_table_contains(keys, key);
}

void may_have_lost_apply(GBytes *text, guint64 epoch, GPtrArray *clients)
{
	g_auto(GStrv) lines = listing_parse(text, KIND, epoch);
	g_autoptr(GHashTable) keys = g_hash_table_new(g_str_hash, g_str_equal);

	for (gsize i = 0; lines != NULL && lines[i] != NULL; i++)
		g_hash_table_add(keys, lines[i]);
	for (guint i = 0; lines != NULL && i < clients->len; i++) {
		client *entry = g_ptr_array_index(clients, i);

		if (entry->recovery == RECOVERY_LOST && is_among(keys, entry))
			entry->recovery = RECOVERY_MAY_HAVE_LOST;
	}
}
