/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/listing.h"

#include <stdbool.h>
#include <string.h>

#define HEADING "lockferry %s 1 "

/* The words after the heading. */
enum { WORD_NUMBER, WORD_LINES, WORD_COUNT };

GBytes *listing_format(const char *kind, guint64 number, const GPtrArray *lines)
{
	g_autoptr(GString) text = NULL;

	if (lines->len == 0)
		return NULL;
	text = g_string_new(NULL);
	g_string_printf(text, HEADING "%" G_GUINT64_FORMAT " %u\n", kind, number, lines->len);
	for (guint i = 0; i < lines->len; i++) {
		g_string_append(text, g_ptr_array_index(lines, i));
		g_string_append_c(text, '\n');
	}
	return g_string_free_to_bytes(g_steal_pointer(&text));
}

static bool parse_heading(const char *line, const char *kind, guint64 *number, guint64 *count)
{
	g_autofree char *heading = g_strdup_printf(HEADING, kind);
	g_auto(GStrv) words = NULL;

	if (!g_str_has_prefix(line, heading))
		return false;
	words = g_strsplit(line + strlen(heading), " ", WORD_COUNT + 1);
	return g_strv_length(words) == WORD_COUNT &&
	       g_ascii_string_to_unsigned(words[WORD_NUMBER], 10, 0, G_MAXUINT64, number, NULL) &&
	       g_ascii_string_to_unsigned(words[WORD_LINES], 10, 0, G_MAXUINT, count, NULL);
}

GStrv listing_parse(GBytes *text, const char *kind, guint64 number)
{
	gsize length;
	const char *data = g_bytes_get_data(text, &length);
	/* g_bytes_get_data() returns NULL for no bytes. */
	g_autofree char *copy = g_strndup(length > 0 ? data : "", length);
	char *body = strchr(copy, '\n');
	g_auto(GStrv) lines = NULL;
	guint64 found, count;
	guint last;

	if (body == NULL)
		return NULL;
	*body++ = '\0';
	if (!parse_heading(copy, kind, &found, &count) || found != number)
		return NULL;
	lines = g_strsplit(body, "\n", -1);
	last = g_strv_length(lines);
	/* If anything follows the last line feed, the text is incomplete. */
	if (last == 0 || lines[last - 1][0] != '\0' || last - 1 != count)
		return NULL;
	g_clear_pointer(&lines[last - 1], g_free);
	return g_steal_pointer(&lines);
}
