/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/problems.h"

#include <glib.h>
#include <qb/qblog.h>

bool problem_is_warning(enum problem which)
{
	return which >= PROBLEM_LATE;
}

static void log_begin(enum problem which, const char *text)
{
	if (which == PROBLEM_LATE || which == PROBLEM_FULL || which == PROBLEM_MISSED ||
		which == PROBLEM_STATD)
		qb_log(LOG_CRIT, "%s", text);
	else if (problem_is_warning(which))
		qb_log(LOG_WARNING, "%s", text);
	else
		qb_log(LOG_ERR, "%s", text);
}

void problems_set(struct problems *self, enum problem which, const char *text)
{
	char **place = &self->texts[which];

	if (*place == NULL && text != NULL)
		log_begin(which, text);
	else if (*place != NULL && text == NULL)
		qb_log(LOG_NOTICE, "mended: %s", *place);
	g_free(*place);
	*place = g_strdup(text);
}

bool problems_any(const struct problems *self, bool warnings)
{
	for (int i = 0; i < PROBLEM_COUNT; i++) {
		if (self->texts[i] != NULL && problem_is_warning((enum problem)i) == warnings)
			return true;
	}
	return false;
}

void problems_clear(struct problems *self)
{
	for (int i = 0; i < PROBLEM_COUNT; i++)
		g_clear_pointer(&self->texts[i], g_free);
}
