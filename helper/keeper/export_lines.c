/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/export_lines.h"

#include "base/error.h"
#include "base/path.h"

#include <string.h>

#define SEPARATORS "\n;"

GPtrArray *export_lines_split(const char *text)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) all = g_strsplit_set(text, SEPARATORS, -1);

	for (guint i = 0; all[i] != NULL; i++) {
		const char *line = g_strstrip(all[i]);

		if (line[0] != '\0' && line[0] != '#')
			g_ptr_array_add(lines, g_strdup(line));
	}
	return lines;
}

static char octal_byte(const char *at)
{
	if (at[0] < '0' || at[0] > '3' || at[1] < '0' || at[1] > '7' || at[2] < '0' || at[2] > '7')
		return 0;
	return (char)((at[0] - '0') * 64 + (at[1] - '0') * 8 + at[2] - '0');
}

/* The directory: quoted or not, blanks and the like as \040 (nfs-utils support/nfs/xio.c,
 * xgettok()). The caller frees it. `*end` gets where it ends in the line. */
static char *directory_of(const char *line, const char **end)
{
	GString *path = g_string_new(NULL);
	bool quoted = false;

	while (*line != '\0' && (quoted || !g_ascii_isspace(*line))) {
		char byte = '\0';

		if (*line == '\\')
			byte = octal_byte(line + 1);
		if (*line == '"')
			quoted = !quoted;
		else
			g_string_append_c(path, byte != '\0' ? byte : *line);
		line += byte != '\0' ? 4 : 1;
	}
	*end = line;
	return g_string_free(path, FALSE);
}

const char *export_lines_clients(const char *line)
{
	const char *end;
	g_autofree char *directory = directory_of(line, &end);

	return end;
}

static bool has_dots(const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);

	return g_strv_contains((const char *const *)parts, "..");
}

/* The options of all clients of the line, and the default ones ("-OPTION,..."). */
static bool check_options(const char *line, GError **error)
{
	g_auto(GStrv) words = g_strsplit_set(line, "(), \t", -1);

	for (guint i = 0; words[i] != NULL; i++) {
		const char *word = words[i][0] == '-' ? words[i] + 1 : words[i];

		if (g_str_has_prefix(word, "sec=") && strstr(word, "krb5") != NULL) {
			g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
				"'%s': Kerberos is not supported by a group's own server in this version: use sec=sys, or the shared server (ocf:lockferry:nfslock)",
				line);
			return false;
		}
		if (g_str_equal(word, "pnfs") || g_str_has_prefix(word, "gss/")) {
			g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
				"'%s': '%s' is not supported by a group's own server in this version: leave it out",
				line, word);
			return false;
		}
	}
	return true;
}

static bool check_line(const char *line, const char *directory, GError **error)
{
	const char *end;
	g_autofree char *exported = directory_of(line, &end);

	if (!g_path_is_absolute(exported) || has_dots(exported) ||
		!path_is_in(exported, directory)) {
		g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
			"'%s' is not in the group's filesystem: export '%s', or a directory in it",
			exported, directory);
		return false;
	}
	return check_options(line, error);
}

bool export_lines_check(const char *text, const char *directory, GError **error)
{
	g_autoptr(GPtrArray) lines = export_lines_split(text);

	if (lines->len == 0) {
		g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
			"nothing is exported: give at least one line in the form of exports(5)");
		return false;
	}
	for (guint i = 0; i < lines->len; i++) {
		if (!check_line(g_ptr_array_index(lines, i), directory, error))
			return false;
	}
	return true;
}

char *export_lines_first(const char *text)
{
	g_autoptr(GPtrArray) lines = export_lines_split(text);
	const char *end;

	return lines->len > 0 ? directory_of(g_ptr_array_index(lines, 0), &end) : NULL;
}

char *export_lines_to_file(const char *text)
{
	g_autoptr(GPtrArray) lines = export_lines_split(text);
	GString *file = g_string_new(NULL);

	for (guint i = 0; i < lines->len; i++)
		g_string_append_printf(file, "%s\n", (const char *)g_ptr_array_index(lines, i));
	return g_string_free(file, FALSE);
}
