/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/text.h"

#include <string.h>

gsize text_split(char *line, char **fields, gsize max)
{
	gsize count = 0;
	char *field;

	while ((field = strsep(&line, " ")) != NULL) {
		if (field[0] == '\0')
			continue;
		if (count == max)
			return max + 1;
		fields[count++] = field;
	}
	return count;
}

char *text_name_some(GPtrArray *names)
{
	GString *text = g_string_new(NULL);

	g_ptr_array_sort(names, text_compare);
	for (guint i = 0; i < MIN(names->len, TEXT_NAMED_MAX); i++)
		g_string_append_printf(text, "%s'%s'", i > 0 ? ", " : "",
			(const char *)g_ptr_array_index(names, i));
	if (names->len > TEXT_NAMED_MAX)
		g_string_append_printf(text, " and %u more", names->len - TEXT_NAMED_MAX);
	return g_string_free(text, FALSE);
}

int text_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char *text_printable(const char *text, gsize length)
{
	char *copy = g_strndup(text, length);

	for (char *at = copy; *at != '\0'; at++) {
		if (!g_ascii_isprint(*at))
			*at = '?';
	}
	return copy;
}

char *text_count(gint64 count, const char *noun)
{
	return g_strdup_printf("%" G_GINT64_FORMAT " %s%s", count, noun, count == 1 ? "" : "s");
}
