/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/missed_grace.h"

#include "base/text.h"
#include "group/client.h"

/* Nobody is told before the address is here. */
static bool was_told_in_vain(const client *entry)
{
	return entry->recovery == RECOVERY_TOLD || entry->recovery == RECOVERY_UNREACHABLE;
}

char *missed_grace_text(const group_state *found, const GPtrArray *clients, enum kernel_grace grace)
{
	g_autoptr(GHashTable) met = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *named = NULL;

	/* While the group is frozen, its address is away, and nobody can take locks. */
	if (!found->recovery_due || found->phase == PHASE_FROZEN || grace != KERNEL_GRACE_OVER)
		return NULL;
	for (guint i = 0; i < clients->len; i++) {
		const client *entry = g_ptr_array_index(clients, i);

		if (was_told_in_vain(entry) && g_hash_table_add(met, (gpointer)entry->mon_name))
			g_ptr_array_add(names, (gpointer)entry->mon_name);
	}
	if (names->len == 0)
		return NULL;
	named = text_name_some(names);
	return g_strdup_printf(
		"the grace period ended while the process of the group did not run, and these clients had not answered by then: %s: they may have lost locks; restart their applications",
		named);
}
