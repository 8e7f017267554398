/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lockd/lock_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

/* "1: POSIX  ADVISORY  WRITE 1234 fe:00:131 0 EOF": the fields, blanks folded. A waiter has "->" as
 * its second. */
enum {
	FIELD_CLASS = 1,
	FIELD_TYPE = 3,
	FIELD_FILE = 5,
	FIELD_START = 6,
	FIELD_END = 7,
	FIELD_COUNT = 8
};

static lock_set *lock_set_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static bool is_on(const char *file, const dev_t *devices, gsize n_devices)
{
	unsigned int major_number, minor_number;
	int inode_at = 0;

	/* What a literal after the last number found isn't in sscanf()'s count. */
	if (sscanf(file, "%x:%x:%n", &major_number, &minor_number, &inode_at) != 2 || inode_at == 0)
		return false;
	for (gsize i = 0; i < n_devices; i++) {
		if (major(devices[i]) == major_number && minor(devices[i]) == minor_number)
			return true;
	}
	return false;
}

/* The fields of a line, without the empty ones between several blanks. */
static GPtrArray *split_fields(const char *line)
{
	GPtrArray *fields = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) pieces = g_strsplit(line, " ", -1);

	for (gsize i = 0; pieces[i] != NULL; i++) {
		if (pieces[i][0] != '\0')
			g_ptr_array_add(fields, g_strdup(pieces[i]));
	}
	return fields;
}

static void add_line(lock_set *self, const char *line, const dev_t *devices, gsize n_devices)
{
	g_autoptr(GPtrArray) fields = split_fields(line);
	char **field = (char **)fields->pdata;

	if (fields->len != FIELD_COUNT || !g_str_equal(field[FIELD_CLASS], "POSIX") ||
		!is_on(field[FIELD_FILE], devices, n_devices))
		return;
	g_hash_table_add(self, g_strdup_printf("%s %s %s %s", field[FIELD_FILE], field[FIELD_TYPE],
				       field[FIELD_START], field[FIELD_END]));
}

lock_set *lock_set_parse(const char *text, gsize length, const dev_t *devices, gsize n_devices)
{
	g_autofree char *copy = g_strndup(text, length);
	g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);
	lock_set *self = lock_set_new();

	for (gsize i = 0; lines[i] != NULL; i++)
		add_line(self, lines[i], devices, n_devices);
	return self;
}

lock_set *lock_set_held(
	const struct kernel *kernel, const dev_t *devices, gsize n_devices, GError **error)
{
	g_autofree char *text = kernel_read(kernel->proc_dir, "locks", error);

	if (text == NULL)
		return NULL;
	return lock_set_parse(text, strlen(text), devices, n_devices);
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GBytes *lock_set_to_bytes(lock_set *self)
{
	guint count;
	g_autofree const char **lines = (const char **)g_hash_table_get_keys_as_array(self, &count);
	GString *text = g_string_new(NULL);

	qsort(lines, count, sizeof(lines[0]), compare_lines);
	for (guint i = 0; i < count; i++)
		g_string_append_printf(text, "%s\n", lines[i]);
	return g_string_free_to_bytes(text);
}

lock_set *lock_set_from_bytes(GBytes *bytes)
{
	gsize length;
	const char *text = g_bytes_get_data(bytes, &length);
	/* The data of nothing is NULL. */
	g_autofree char *copy = g_strndup(length > 0 ? text : "", length);
	g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);
	lock_set *self = lock_set_new();

	for (gsize i = 0; lines[i] != NULL; i++) {
		if (lines[i][0] != '\0')
			g_hash_table_add(self, g_strdup(lines[i]));
	}
	return self;
}

guint lock_set_missing(lock_set *self, lock_set *other)
{
	GHashTableIter iter;
	gpointer line;
	guint missing = 0;

	g_hash_table_iter_init(&iter, self);
	while (g_hash_table_iter_next(&iter, &line, NULL)) {
		if (!g_hash_table_contains(other, line))
			missing++;
	}
	return missing;
}
