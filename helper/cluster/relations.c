/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/relations.h"

GHashTable *relations_new(void)
{
	return g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
}

void relations_add(GHashTable *self, const char *from, const char *to)
{
	GPtrArray *list = g_hash_table_lookup(self, from);

	if (list == NULL) {
		list = g_ptr_array_new_with_free_func(g_free);
		g_hash_table_insert(self, g_strdup(from), list);
	}
	g_ptr_array_add(list, g_strdup(to));
}

bool relations_lead(GHashTable *self, const char *from, const char *to, GHashTable *avoid)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GQueue) queue = g_queue_new();

	g_hash_table_add(seen, (char *)from);
	for (const char *at = from; at != NULL; at = g_queue_pop_head(queue)) {
		GPtrArray *list = g_hash_table_lookup(self, at);

		for (guint i = 0; list != NULL && i < list->len; i++) {
			char *next = g_ptr_array_index(list, i);

			if (g_str_equal(next, to))
				return true;
			if ((avoid == NULL || !g_hash_table_contains(avoid, next)) &&
				g_hash_table_add(seen, next))
				g_queue_push_tail(queue, next);
		}
	}
	return false;
}
