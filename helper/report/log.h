/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_REPORT_LOG_H
#define LOCKFERRY_REPORT_LOG_H

/*
 * The log of a group's process, with libqb. It goes to syslog, to stderr until log_detach(), and to
 * a blackbox in memory, which is written to a file if the process crashes.
 *
 * Order of calls: log_open() -> qb_log() -> log_detach().
 */

#include <qb/qblog.h>
#include <stdbool.h>

/* A crash writes the blackbox to GROUP.blackbox in `directory`; read it with qb-blackbox(8). */
void log_open(const char *group, const char *directory);

/* Stops logging to stderr. */
void log_detach(void);

void log_close(void);

#endif
