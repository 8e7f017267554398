/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/cautions.h"

#include "base/clock.h"

#include <qb/qblog.h>

void cautions_add(struct cautions *self, const char *text)
{
	qb_log(LOG_WARNING, "%s", text);
	if (self->texts == NULL)
		self->texts = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(self->texts, g_strdup(text));
}

void cautions_add_passing(struct cautions *self, const char *text, guint seconds)
{
	qb_log(LOG_WARNING, "%s", text);
	g_free(self->passing);
	self->passing = g_strdup(text);
	self->passes_at_us = clock_now_us() + (gint64)seconds * G_USEC_PER_SEC;
}

static bool is_passing(const struct cautions *self)
{
	return self->passing != NULL && clock_now_us() < self->passes_at_us;
}

bool cautions_any(const struct cautions *self)
{
	return is_passing(self) || (self->texts != NULL && self->texts->len > 0);
}

void cautions_to_json(const struct cautions *self, JsonArray *array)
{
	if (is_passing(self))
		json_array_add_string_element(array, self->passing);
	for (guint i = 0; self->texts != NULL && i < self->texts->len; i++)
		json_array_add_string_element(array, g_ptr_array_index(self->texts, i));
}

void cautions_clear(struct cautions *self)
{
	g_clear_pointer(&self->texts, g_ptr_array_unref);
	g_clear_pointer(&self->passing, g_free);
}
