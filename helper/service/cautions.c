/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/cautions.h"

#include "base/clock.h"

#include <qb/qblog.h>

static void caution_free(gpointer data)
{
	struct caution *caution = data;

	g_free(caution->text);
	g_free(caution);
}

static void add(struct cautions *self, const char *text, gint64 passes_at_us)
{
	struct caution *caution = g_new(struct caution, 1);

	qb_log(LOG_WARNING, "%s", text);
	caution->text = g_strdup(text);
	caution->passes_at_us = passes_at_us;
	if (self->all == NULL)
		self->all = g_ptr_array_new_with_free_func(caution_free);
	g_ptr_array_add(self->all, caution);
}

void cautions_add(struct cautions *self, const char *text)
{
	add(self, text, G_MAXINT64);
}

void cautions_add_passing(struct cautions *self, const char *text, guint seconds)
{
	add(self, text, clock_now_us() + (gint64)seconds * G_USEC_PER_SEC);
}

static bool is_shown(const struct caution *caution)
{
	return clock_now_us() < caution->passes_at_us;
}

bool cautions_any(const struct cautions *self)
{
	for (guint i = 0; self->all != NULL && i < self->all->len; i++) {
		if (is_shown(g_ptr_array_index(self->all, i)))
			return true;
	}
	return false;
}

void cautions_to_json(const struct cautions *self, JsonArray *array)
{
	for (guint i = 0; self->all != NULL && i < self->all->len; i++) {
		const struct caution *caution = g_ptr_array_index(self->all, i);

		if (is_shown(caution))
			json_array_add_string_element(array, caution->text);
	}
}

void cautions_clear(struct cautions *self)
{
	g_clear_pointer(&self->all, g_ptr_array_unref);
}
