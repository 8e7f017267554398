/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/may_have_lost.h"

#include "base/text.h"
#include "store/listing.h"

#define KIND "may_have_lost"

/* How many clients of one file there are from that one on: they are next to each other. */
static guint count_in_file(GPtrArray *clients, guint at)
{
	const client *first = g_ptr_array_index(clients, at);
	guint count = 1;

	while (at + count < clients->len &&
		g_str_equal(((const client *)g_ptr_array_index(clients, at + count))->file,
			first->file))
		count++;
	return count;
}

static bool any_is_lost(GPtrArray *clients, guint at, guint count)
{
	for (guint i = at; i < at + count; i++) {
		if (recovery_is_unheard(((const client *)g_ptr_array_index(clients, i))->recovery))
			return true;
	}
	return false;
}

/* No name of a file begins like that. The caller frees it. */
static char *line_of_other(enum recovery recovery, const char *key)
{
	return g_strdup_printf("/%s %s", recovery_name(recovery), key);
}

static void add_line(const client *entry, GPtrArray *lines)
{
	g_autofree char *key = client_key(entry->file, entry->mon_name);

	if (entry->recovery == RECOVERY_MAY_HAVE_LOST)
		g_ptr_array_add(lines, g_steal_pointer(&key));
	else if (!recovery_is_unheard(entry->recovery))
		g_ptr_array_add(lines, line_of_other(entry->recovery, key));
}

GBytes *may_have_lost_format(guint64 epoch, GPtrArray *clients)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

	for (guint at = 0, count; at < clients->len; at += count) {
		count = count_in_file(clients, at);
		for (guint i = at; any_is_lost(clients, at, count) && i < at + count; i++)
			add_line(g_ptr_array_index(clients, i), lines);
	}
	g_ptr_array_sort(lines, text_compare);
	return listing_format(KIND, epoch, lines);
}

static enum recovery recovery_in(GHashTable *lines, const client *entry, bool shares_file)
{
	g_autofree char *key = client_key(entry->file, entry->mon_name);

	if (g_hash_table_contains(lines, key))
		return RECOVERY_MAY_HAVE_LOST;
	for (int i = 0; shares_file && i < RECOVERY_MAY_HAVE_LOST; i++) {
		g_autofree char *line = line_of_other((enum recovery)i, key);

		if (g_hash_table_contains(lines, line))
			return (enum recovery)i;
	}
	return RECOVERY_LOST;
}

void may_have_lost_apply(GBytes *text, guint64 epoch, GPtrArray *clients)
{
	g_auto(GStrv) lines = listing_parse(text, KIND, epoch);
	g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);

	for (gsize i = 0; lines != NULL && lines[i] != NULL; i++)
		g_hash_table_add(known, lines[i]);
	for (guint at = 0, count; lines != NULL && at < clients->len; at += count) {
		count = count_in_file(clients, at);
		for (guint i = at; i < at + count; i++) {
			client *entry = g_ptr_array_index(clients, i);

			if (entry->recovery == RECOVERY_LOST)
				entry->recovery = recovery_in(known, entry, count > 1);
		}
	}
}
