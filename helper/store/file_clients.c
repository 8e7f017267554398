/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/file_clients.h"

#include "nsm/record.h"

#include <string.h>

static gint compare_mon_names(gconstpointer a, gconstpointer b)
{
	const sm_record *first = *(const sm_record *const *)a;
	const sm_record *second = *(const sm_record *const *)b;

	return strcmp(first->mon_name, second->mon_name);
}

guint file_clients_add(const char *file, GBytes *raw, GPtrArray *records, GPtrArray *clients)
{
	g_autoptr(GPtrArray) sorted = g_ptr_array_sized_new(records->len);
	const char *last = NULL;
	guint added = 0;

	for (guint i = 0; i < records->len; i++)
		g_ptr_array_add(sorted, g_ptr_array_index(records, i));
	g_ptr_array_sort(sorted, compare_mon_names);
	for (guint i = 0; i < sorted->len; i++) {
		const sm_record *record = g_ptr_array_index(sorted, i);

		if (last != NULL && g_str_equal(last, record->mon_name))
			continue;
		g_ptr_array_add(clients, client_new(file, added == 0 ? raw : NULL, record->mon_name,
						 record->my_name));
		last = record->mon_name;
		added++;
	}
	return added;
}
