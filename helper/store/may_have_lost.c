/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/may_have_lost.h"

#include "base/text.h"

#include <string.h>

#define HEADING "lockferry may_have_lost 1 "

/* Behind it. */
enum { WORD_EPOCH, WORD_RECORDS, WORD_COUNT };

GBytes *may_have_lost_format(guint64 epoch, GPtrArray *clients)
{
	g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) text = NULL;

	for (guint i = 0; i < clients->len; i++) {
		const client *entry = g_ptr_array_index(clients, i);

		if (entry->recovery == RECOVERY_MAY_HAVE_LOST)
			g_ptr_array_add(keys, client_key(entry->file, entry->mon_name));
	}
	if (keys->len == 0)
		return NULL;
	g_ptr_array_sort(keys, text_compare);
	text = g_string_new(NULL);
	g_string_printf(text, HEADING "%" G_GUINT64_FORMAT " %u\n", epoch, keys->len);
	for (guint i = 0; i < keys->len; i++)
		g_string_append_printf(text, "%s\n", (const char *)g_ptr_array_index(keys, i));
	return g_string_free_to_bytes(g_steal_pointer(&text));
}

static bool parse_heading(const char *line, guint64 *epoch, guint64 *count)
{
	g_auto(GStrv) words = NULL;

	if (!g_str_has_prefix(line, HEADING))
		return false;
	words = g_strsplit(line + strlen(HEADING), " ", WORD_COUNT + 1);
	return g_strv_length(words) == WORD_COUNT &&
	       g_ascii_string_to_unsigned(words[WORD_EPOCH], 10, 0, G_MAXUINT64, epoch, NULL) &&
	       g_ascii_string_to_unsigned(words[WORD_RECORDS], 10, 0, G_MAXUINT, count, NULL);
}

/* A set of the records in `text`, which it borrows and cuts into lines; NULL where that is no such
 * text, not the whole of it, or of another epoch. */
static GHashTable *parse(char *text, guint64 wanted)
{
	g_autoptr(GHashTable) keys = g_hash_table_new(g_str_hash, g_str_equal);
	bool is_whole = g_str_has_suffix(text, "\n");
	char *rest = text, *line = strsep(&rest, "\n");
	guint64 epoch, count;

	if (!is_whole || !parse_heading(line, &epoch, &count) || epoch != wanted)
		return NULL;
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (line[0] != '\0')
			g_hash_table_add(keys, line);
	}
	return g_hash_table_size(keys) == count ? g_steal_pointer(&keys) : NULL;
}

static bool is_among(GHashTable *keys, const client *entry)
{
	g_autofree char *key = client_key(entry->file, entry->mon_name);

	return g_hash_table_contains(keys, key);
}

void may_have_lost_apply(GBytes *text, guint64 epoch, GPtrArray *clients)
{
	gsize length;
	const char *data = g_bytes_get_data(text, &length);
	/* The data of nothing is NULL. */
	g_autofree char *copy = g_strndup(length > 0 ? data : "", length);
	g_autoptr(GHashTable) keys = parse(copy, epoch);

	for (guint i = 0; keys != NULL && i < clients->len; i++) {
		client *entry = g_ptr_array_index(clients, i);

		if (entry->recovery == RECOVERY_LOST && is_among(keys, entry))
			entry->recovery = RECOVERY_MAY_HAVE_LOST;
	}
}
