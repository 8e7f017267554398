/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_REPORT_LOG_H
#define LOCKFERRY_REPORT_LOG_H

/*
 * The log of the process that serves a group: libqb's, to syslog, to stderr until it is detached,
 * and to a blackbox in memory that is written out when the process crashes. Use qb_log() after
 * log_open().
 */

#include <qb/qblog.h>
#include <stdbool.h>

/* `directory` takes the blackbox of a crash as GROUP.blackbox; read it with qb-blackbox(8). */
void log_open(const char *group, const char *directory);

/* From now on nothing goes to stderr. */
void log_detach(void);

void log_close(void);

#endif
