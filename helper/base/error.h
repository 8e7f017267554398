/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_BASE_ERROR_H
#define LOCKFERRY_BASE_ERROR_H

/*
 * The one error domain of Lockferry.
 *
 * A function that can fail returns false or NULL and fills a GError of this domain. Every level
 * adds in front, with g_prefix_error(), what it was doing. The code says which exit status the
 * whole command ends with, should nobody deal with the error on the way up; only main() turns codes
 * into statuses. The values are those of the OCF resource agent API 1.1 (0-9) and of sysexits, as
 * Pacemaker has them in crm/common/results.h.
 */

#include <glib.h>
#include <crm/common/results.h>

#define LF_ERROR (lf_error_quark())

typedef enum {
	LF_ERROR_FAILED = CRM_EX_ERROR,                  /* it went wrong; the message says what */
	LF_ERROR_ARGUMENT = CRM_EX_INVALID_PARAM,        /* a value is wrong on this node */
	LF_ERROR_PRIVILEGE = CRM_EX_INSUFFICIENT_PRIV,   /* not allowed to */
	LF_ERROR_NOT_INSTALLED = CRM_EX_NOT_INSTALLED,   /* something needed is not on this node */
	LF_ERROR_NOT_CONFIGURED = CRM_EX_NOT_CONFIGURED, /* a value is wrong on every node */
	LF_ERROR_NOT_RUNNING = CRM_EX_NOT_RUNNING,       /* no process serves the group here */
	LF_ERROR_USAGE = CRM_EX_USAGE,                   /* the command line is wrong */
	LF_ERROR_TIMEOUT = CRM_EX_TIMEOUT,               /* no answer in time */
	LF_ERROR_NOT_OWNER = CRM_EX_MAX + 1, /* another node owns the store now; exit status 1 */
	LF_ERROR_OUTDATED, /* the write belongs to an earlier epoch; exit status 1 */
} lf_error_code;

GQuark lf_error_quark(void);

/* Fill `error` with `text`, a colon and what errno says. Keeps errno. */
void lf_error_set_errno(GError **error, lf_error_code code, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

/* The exit status for an error: its code, or 1 for an error of another domain. */
int lf_error_exit_status(const GError *error);

#endif
