/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/account.h"

#include "base/error.h"

#include <string.h>

#define HEADING "lockferry account 1"
#define FIELDS 4

char *account_format(GPtrArray *clients)
{
	GString *text = g_string_new(HEADING "\n");

	for (guint i = 0; i < clients->len; i++) {
		const client *entry = g_ptr_array_index(clients, i);

		g_string_append_printf(text, "%s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %s\n",
			entry->file, entry->first_recorded, entry->last_seen,
			recovery_name(entry->recovery));
	}
	return g_string_free(text, FALSE);
}

static bool apply_line(const char *line, GHashTable *clients)
{
	g_auto(GStrv) fields = g_strsplit(line, " ", FIELDS + 1);
	gint64 first_recorded, last_seen;
	enum recovery recovery;
	client *entry;

	if (g_strv_length(fields) != FIELDS ||
		!g_ascii_string_to_signed(fields[1], 10, 0, G_MAXINT64, &first_recorded, NULL) ||
		!g_ascii_string_to_signed(fields[2], 10, 0, G_MAXINT64, &last_seen, NULL) ||
		!recovery_from_name(fields[3], &recovery))
		return false;
	entry = g_hash_table_lookup(clients, fields[0]);
	if (entry != NULL) {
		entry->first_recorded = first_recorded;
		entry->last_seen = last_seen;
		entry->recovery = recovery;
	}
	return true;
}

bool account_apply(const char *text, gsize length, GHashTable *clients, GError **error)
{
	const char *end = text + length;
	bool heading = true;

	while (text < end) {
		const char *stop = memchr(text, '\n', (gsize)(end - text));
		g_autofree char *line = stop != NULL ? g_strndup(text, (gsize)(stop - text)) : NULL;

		if (line == NULL ||
			(heading ? !g_str_equal(line, HEADING) : !apply_line(line, clients))) {
			/* A damaged file may contain any bytes, and these must not reach the
			 * terminal that shows the error. */
			g_autofree char *shown = g_strescape(line != NULL ? line : "its end", NULL);

			g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
				"the account is damaged at '%.80s'", shown);
			return false;
		}
		heading = false;
		text = stop + 1;
	}
	if (heading) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "the account is empty");
		return false;
	}
	return true;
}
