/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/export_table.h"

#include "base/path.h"
#include "nsm/nfs_conf.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void exported_free(exported *self)
{
	g_free(self->dir);
	g_free(self->clients);
	g_free(self->fsid);
	g_free(self);
}

/* Three octal digits that make a byte. False at the end of the text. */
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

/* The value of the option that begins with `name`; NULL: no such option. The caller frees it. */
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

/* Users who are squashed to the user root are root on the server as well. */
static const char *option_for_root(const char *options)
{
	static const char *const list[] = {"no_root_squash", "anonuid=0"};

	for (gsize i = 0; i < G_N_ELEMENTS(list); i++) {
		if (has_option(options, list[i]))
			return list[i];
	}
	return NULL;
}

/* Cuts the line into its pieces. NULL if it is not a valid line. */
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
	entry->crosses = has_option(options + 1, "crossmnt");
	entry->root_by = option_for_root(options + 1);
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

/* Source: nfs-utils utils/exportfs/exportfs.c, support/export/xtab.c. */
GPtrArray *export_table_load(const char *root)
{
	g_autofree char *state_dir = nfs_conf_get("mountd", "state-directory-path");
	g_autofree char *path = g_build_filename(
		root, state_dir != NULL ? state_dir : "/var/lib/nfs", "etab", NULL);
	g_autofree char *text = NULL;
	gsize length = 0;

	if (!g_file_get_contents(path, &text, &length, NULL))
		return export_table_parse("", 0);
	return export_table_parse(text, length);
}

static bool is_same_file(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

/* Walks from `path` upwards, as long as clients can come down from there to `path`. */
static bool is_above(const struct stat *dir, const char *path, bool crosses)
{
	g_autofree char *at = g_strdup(path);
	struct stat here, below;

	for (bool first = true; stat(at, &here) == 0; first = false) {
		char *up;

		if (!first && here.st_dev != below.st_dev && !crosses)
			return false;
		if (is_same_file(&here, dir) || g_str_equal(at, "/"))
			return is_same_file(&here, dir);
		below = here;
		up = g_path_get_dirname(at);
		g_free(at);
		at = up;
	}
	return false;
}

bool exported_shows(const exported *self, const char *path)
{
	g_autofree char *real_path = realpath(path, NULL);
	struct stat dir;

	if (real_path == NULL || stat(self->dir, &dir) != 0)
		return path_is_in(path, self->dir);
	return is_above(&dir, real_path, self->crosses);
}

bool export_is_same_dir(const char *one, const char *other)
{
	struct stat status, other_status;

	if (path_is_same(one, other))
		return true;
	return stat(one, &status) == 0 && stat(other, &other_status) == 0 &&
	       is_same_file(&status, &other_status);
}
