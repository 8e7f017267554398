/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/problems.h"

#include <glib.h>
#include <qb/qblog.h>

void problems_set(struct problems *self, enum problem which, const char *text)
{
	char **place = &self->texts[which];

	if (g_strcmp0(*place, text) == 0)
		return;
	if (text != NULL)
		qb_log(LOG_ERR, "%s", text);
	else
		qb_log(LOG_NOTICE, "mended: %s", *place);
	g_free(*place);
	*place = g_strdup(text);
}

void problems_clear(struct problems *self)
{
	for (int i = 0; i < PROBLEM_COUNT; i++)
		g_clear_pointer(&self->texts[i], g_free);
}
