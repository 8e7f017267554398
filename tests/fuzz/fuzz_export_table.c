/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/export_table.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As exportfs writes it. */
static void append(GString *text, const exported *entry)
{
	g_string_append_c(text, entry->dir[0]);
	for (const char *at = entry->dir + 1; *at != '\0'; at++)
		g_string_append_printf(text, "\\%03o", (guint8)*at);
	g_string_append_printf(
		text, "\t%s(rw%s)\n", entry->clients, entry->has_fsid ? ",fsid=1" : "");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t nothing[1];
	/* libFuzzer gives NULL for an empty input. */
	g_autoptr(GPtrArray) entries =
		export_table_parse((const char *)(data ? data : nothing), size);
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < entries->len; i++) {
		const exported *entry = g_ptr_array_index(entries, i);
		g_autoptr(GPtrArray) again = NULL;

		g_string_truncate(text, 0);
		append(text, entry);
		again = export_table_parse(text->str, text->len);
		g_assert_cmpuint(again->len, ==, 1);

		const exported *other = g_ptr_array_index(again, 0);
		g_assert_cmpstr(other->dir, ==, entry->dir);
		g_assert_cmpstr(other->clients, ==, entry->clients);
		g_assert_cmpint(other->has_fsid, ==, entry->has_fsid);
	}
	return 0;
}
