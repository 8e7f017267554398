/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_BASE_ERROR_H
#define LOCKFERRY_BASE_ERROR_H

/*
 * The only error domain of Lockferry.
 *
 * A function that can fail returns false or NULL and sets a GError of this domain. Every level adds
 * what it was doing in front, with g_prefix_error(). The code determines the exit status of the
 * command, unless a caller handles the error. Only main() turns codes into exit statuses. The
 * values are those of the OCF resource agent API 1.1 (0-9) and of sysexits, as in Pacemaker's
 * crm/common/results.h.
 */

#include <glib.h>
#include <crm/common/results.h>
#include <stdbool.h>

#define LF_ERROR (lf_error_quark())

typedef enum {
	LF_ERROR_FAILED = CRM_EX_ERROR,                /* something failed; the message says what */
	LF_ERROR_ARGUMENT = CRM_EX_INVALID_PARAM,      /* a value is wrong on this node */
	LF_ERROR_PRIVILEGE = CRM_EX_INSUFFICIENT_PRIV, /* we may not do this */
	LF_ERROR_NOT_INSTALLED =
		CRM_EX_NOT_INSTALLED, /* something that is needed is not on this node */
	LF_ERROR_NOT_CONFIGURED = CRM_EX_NOT_CONFIGURED, /* a value is wrong on every node */
	LF_ERROR_NOT_RUNNING = CRM_EX_NOT_RUNNING,       /* no process serves the group here */
	LF_ERROR_USAGE = CRM_EX_USAGE,                   /* the command line is wrong */
	LF_ERROR_TIMEOUT = CRM_EX_TIMEOUT,               /* no answer in time */
	LF_ERROR_NOT_OWNER = CRM_EX_MAX + 1, /* another node owns the store now; exit status 1 */
	LF_ERROR_OUTDATED, /* the write belongs to an earlier epoch; exit status 1 */
} lf_error_code;

GQuark lf_error_quark(void);

/* Sets `error` to the formatted text, a colon and the meaning of errno. Preserves errno. */
void lf_error_set_errno(GError **error, lf_error_code code, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

/* Sets a usage error with the formatted text. Always returns false, for the caller to return. */
bool lf_error_usage(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Returns the exit status for an error: its code, or 1 for an error of another domain. */
int lf_error_exit_status(const GError *error);

#endif
