/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/deletions.h"

struct deletions {
	gint64 delay_us;
	GHashTable *absences; /* owned file -> owned struct absence */
};

struct absence {
	gint64 since_us;
	GQuark statd; /* the statd under which the file was last seen */
};

deletions *deletions_new(guint delay_s)
{
	deletions *self = g_new0(deletions, 1);

	self->delay_us = (gint64)delay_s * G_USEC_PER_SEC;
	self->absences = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return self;
}

void deletions_back(deletions *self, const char *file)
{
	g_hash_table_remove(self->absences, file);
}

void deletions_gone(deletions *self, const char *file, GQuark statd, gint64 now_us)
{
	struct absence *absence;

	if (statd == 0 || g_hash_table_contains(self->absences, file))
		return;
	absence = g_new(struct absence, 1);
	absence->since_us = now_us;
	absence->statd = statd;
	g_hash_table_insert(self->absences, g_strdup(file), absence);
}

void deletions_interrupted(deletions *self, gint64 now_us)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, self->absences);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct absence *absence = value;

		absence->since_us = now_us;
	}
}

GPtrArray *deletions_due(deletions *self, const char *statd, gint64 now_us)
{
	GPtrArray *due = g_ptr_array_new_with_free_func(g_free);
	GHashTableIter iter;
	gpointer file, value;

	g_hash_table_iter_init(&iter, self->absences);
	while (g_hash_table_iter_next(&iter, &file, &value)) {
		const struct absence *absence = value;

		if (now_us - absence->since_us < self->delay_us ||
			absence->statd != g_quark_try_string(statd))
			continue;
		g_ptr_array_add(due, g_strdup(file));
		g_hash_table_iter_remove(&iter);
	}
	return due;
}

bool deletions_any(const deletions *self)
{
	return g_hash_table_size(self->absences) > 0;
}

void deletions_free(deletions *self)
{
	if (self == NULL)
		return;
	g_hash_table_unref(self->absences);
	g_free(self);
}
