/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/export_table.h"

#include <string.h>

static void exported_free(exported *self)
{
	g_free(self->dir);
	g_free(self->clients);
	g_free(self->fsid);
	g_free(self);
}

/* Three digits that are a byte's; the end of the text is none. */
static bool is_octal(const char *text)
{
	return text[0] >= '0' && text[0] <= '3' && text[1] >= '0' && text[1] <= '7' &&
	       text[2] >= '0' && text[2] <= '7';
}

static char *unescape(const char *text)
{
	GString *plain = g_string_new(NULL);

	while (*text != '\0') {
		if (text[0] == '\\' && is_octal(text + 1)) {
			g_string_append_c(plain, (char)((text[1] - '0') << 6 |
							 (text[2] - '0') << 3 | (text[3] - '0')));
			text += 4;
		} else {
			g_string_append_c(plain, *text++);
		}
	}
	return g_string_free(plain, FALSE);
}

/* The value of the option that begins so; NULL: there is none. The caller frees it. */
static char *option_value(const char *options, const char *prefix)
{
	g_auto(GStrv) list = g_strsplit(options, ",", -1);

	for (gsize i = 0; list[i] != NULL; i++) {
		if (g_str_has_prefix(list[i], prefix))
			return g_strdup(list[i] + strlen(prefix));
	}
	return NULL;
}

static bool has_option(const char *options, const char *option)
{
	g_auto(GStrv) list = g_strsplit(options, ",", -1);

	return g_strv_contains((const char *const *)list, option);
}

/* NULL for a line that is none. It is cut into its pieces. */
static exported *parse_line(char *line)
{
	char *tab = strchr(line, '\t');
	char *options = tab != NULL ? strchr(tab, '(') : NULL;
	char *end = options != NULL ? strrchr(options, ')') : NULL;
	exported *entry;

	if (line[0] != '/' || end == NULL)
		return NULL;
	*tab = *options = *end = '\0';
	entry = g_new0(exported, 1);
	entry->dir = unescape(line);
	entry->clients = g_strdup(tab + 1);
	entry->fsid = option_value(options + 1, "fsid=");
	entry->has_fsid = entry->fsid != NULL;
	entry->is_signed = has_option(options + 1, "sign_fh");
	return entry;
}

GPtrArray *export_table_parse(const char *text, gsize length)
{
	GPtrArray *entries = g_ptr_array_new_with_free_func((GDestroyNotify)exported_free);
	g_autofree char *copy = g_strndup(text, length);
	g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);

	for (gsize i = 0; lines[i] != NULL; i++) {
		exported *entry = parse_line(lines[i]);

		if (entry != NULL)
			g_ptr_array_add(entries, entry);
	}
	return entries;
}
