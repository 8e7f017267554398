/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/missed_grace.h"

#include "base/text.h"
#include "group/client.h"

/* Nobody is told before the address is here. */
static bool was_told_in_vain(const client *entry)
{
	return entry->recovery == RECOVERY_TOLD || entry->recovery == RECOVERY_UNREACHABLE;
}

static bool was_missed(const group_state *found, enum kernel_grace grace)
{
	return found->recovery_due && grace == KERNEL_GRACE_OVER;
}

char *missed_grace_text(const group_state *found, const GPtrArray *clients, enum kernel_grace grace)
{
	g_autoptr(GHashTable) met = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *named = NULL;

	for (guint i = 0; found->recovery_due && i < clients->len; i++) {
		const client *entry = g_ptr_array_index(clients, i);

		/* Who is lost in a recovery that has not ended was noted at the handover. */
		if (((was_missed(found, grace) && was_told_in_vain(entry)) ||
			    recovery_is_unheard(entry->recovery)) &&
			g_hash_table_add(met, (gpointer)entry->mon_name))
			g_ptr_array_add(names, (gpointer)entry->mon_name);
	}
	if (names->len == 0)
		return NULL;
	named = text_name_some(names);
	return g_strdup_printf(
		"the grace period ended while the process of the group did not run, and these clients had not answered by then: %s: they may have lost locks; restart their applications",
		named);
}

bool missed_grace_note(store *to, const group_state *found, enum kernel_grace grace, GError **error)
{
	g_autoptr(GPtrArray) clients = NULL;
	bool any = false;

	if (!was_missed(found, grace))
		return true;
	clients = store_load_clients(to, STORE_WITHOUT_RAW, NULL, error);
	for (guint i = 0; clients != NULL && i < clients->len; i++) {
		client *entry = g_ptr_array_index(clients, i);

		if (!was_told_in_vain(entry))
			continue;
		entry->recovery = RECOVERY_MAY_HAVE_LOST;
		any = true;
	}
	return clients != NULL && (!any || store_save_account(to, found->epoch, clients, error));
}
