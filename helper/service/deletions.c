/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/deletions.h"

struct deletions {
	gint64 delay_us;
	GHashTable *seen; /* owned file -> the statd it was last seen under, interned */
	GHashTable *gone; /* owned file -> owned gint64, since when */
};

deletions *deletions_new(guint delay_s)
{
	deletions *self = g_new0(deletions, 1);

	self->delay_us = (gint64)delay_s * G_USEC_PER_SEC;
	self->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	self->gone = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return self;
}

void deletions_seen(deletions *self, const char *file, const char *statd)
{
	g_hash_table_remove(self->gone, file);
	g_hash_table_insert(self->seen, g_strdup(file), (gpointer)g_intern_string(statd));
}

void deletions_gone(deletions *self, const char *file, gint64 now_us)
{
	gint64 *since_us;

	if (!g_hash_table_contains(self->seen, file) || g_hash_table_contains(self->gone, file))
		return;
	since_us = g_new(gint64, 1);
	*since_us = now_us;
	g_hash_table_insert(self->gone, g_strdup(file), since_us);
}

void deletions_interrupted(deletions *self, gint64 now_us)
{
	GHashTableIter iter;
	gpointer since_us;

	g_hash_table_iter_init(&iter, self->gone);
	while (g_hash_table_iter_next(&iter, NULL, &since_us))
		*(gint64 *)since_us = now_us;
}

GPtrArray *deletions_due(deletions *self, const char *statd, gint64 now_us)
{
	GPtrArray *due = g_ptr_array_new_with_free_func(g_free);
	GHashTableIter iter;
	gpointer file, since_us;

	g_hash_table_iter_init(&iter, self->gone);
	while (g_hash_table_iter_next(&iter, &file, &since_us)) {
		if (now_us - *(gint64 *)since_us < self->delay_us ||
			g_strcmp0(g_hash_table_lookup(self->seen, file), statd) != 0)
			continue;
		g_ptr_array_add(due, g_strdup(file));
		g_hash_table_remove(self->seen, file);
		g_hash_table_iter_remove(&iter);
	}
	return due;
}

bool deletions_any(const deletions *self)
{
	return g_hash_table_size(self->gone) > 0;
}

void deletions_free(deletions *self)
{
	if (self == NULL)
		return;
	g_hash_table_unref(self->gone);
	g_hash_table_unref(self->seen);
	g_free(self);
}
