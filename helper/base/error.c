/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>

G_DEFINE_QUARK(lockferry_error, lf_error)

void lf_error_set_errno(GError **error, lf_error_code code, const char *format, ...)
{
	int saved_errno = errno;
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, LF_ERROR, (int)code, "%s: %s", text, g_strerror(saved_errno));
	errno = saved_errno;
}

bool lf_error_usage(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (error != NULL)
		*error = g_error_new_valist(LF_ERROR, LF_ERROR_USAGE, format, args);
	va_end(args);
	return false;
}

int lf_error_exit_status(const GError *error)
{
	if (error->domain == LF_ERROR)
		return error->code <= CRM_EX_MAX ? error->code : CRM_EX_ERROR;
	if (error->domain == G_OPTION_ERROR)
		return CRM_EX_USAGE;
	return CRM_EX_ERROR;
}
