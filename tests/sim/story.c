/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "story.h"

#include "scheduler.h"

#include <qb/qblog.h>
#include <stdarg.h>

static GString *told;

static void tell(const char *format, va_list args)
{
	g_string_append_printf(told, "%10.3f s  ", (double)sim_now() / G_USEC_PER_SEC);
	g_string_append_vprintf(told, format, args);
	g_string_append_c(told, '\n');
}

void story(const char *format, ...)
{
	va_list args;

	if (told == NULL)
		return;
	va_start(args, format);
	tell(format, args);
	va_end(args);
}

bool story_is_told(void)
{
	return told != NULL;
}

static void logged(int32_t target G_GNUC_UNUSED, struct qb_log_callsite *callsite G_GNUC_UNUSED,
	struct timespec *when G_GNUC_UNUSED, const char *message)
{
	if (told != NULL && sim_actor != NULL && !sim_actor->dead)
		story("%s: \"%s\"", sim_actor->name, message);
}

/* What the processes log is part of it. */
void story_begin(GString *into)
{
	static int target = -1;

	told = into;
	if (into == NULL || target >= 0)
		return;
	qb_log_init("sim", LOG_USER, LOG_DEBUG);
	qb_log_ctl(QB_LOG_SYSLOG, QB_LOG_CONF_ENABLED, QB_FALSE);
	qb_log_ctl(QB_LOG_BLACKBOX, QB_LOG_CONF_ENABLED, QB_FALSE);
	target = qb_log_custom_open(logged, NULL, NULL, NULL);
	qb_log_filter_ctl(target, QB_LOG_FILTER_ADD, QB_LOG_FILTER_FILE, "*", LOG_INFO);
	qb_log_ctl(target, QB_LOG_CONF_ENABLED, QB_TRUE);
}
