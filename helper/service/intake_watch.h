/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_INTAKE_WATCH_H
#define LOCKFERRY_SERVICE_INTAKE_WATCH_H

/*
 * Checks whether too many new clients come, and whether there is room for more (group/intake.h).
 * Sets PROBLEM_FLOOD and PROBLEM_FULL.
 *
 * If statd's callout reports new clients, only its reports count. A record that was conveyed for
 * another group is also new to this one, but it is not a sign of a flood.
 *
 * Order of calls: intake_watch_new() -> intake_watch_callout() and intake_watch_admits() for each
 * callout, intake_watch_note() for what was recorded -> intake_watch_look() each second and when
 * clients come -> intake_watch_free().
 */

#include "group/client_list.h"
#include "service/problems.h"

typedef struct intake_watch intake_watch;

/* `full` is 1 as long as there is no room; read it atomically. All arguments are borrowed. */
intake_watch *intake_watch_new(struct problems *problems, gint *full);

/* Counts a callout, whether or not its client is admitted. */
void intake_watch_callout(intake_watch *self);

/* Whether the client that a callout reports is admitted. `clients` is NULL before the first
 * takeover. */
bool intake_watch_admits(
	intake_watch *self, const client_list *clients, const char *mon_name, gint64 now_us);

/* `clients` new clients were recorded. */
void intake_watch_note(intake_watch *self, guint clients, gint64 now_us);

/* Returns true if there is room again after there was none. The caller then rescans all records
 * that statd has. */
bool intake_watch_look(intake_watch *self, const client_list *clients, gint64 now_us);

/* The number of callouts. */
guint64 intake_watch_callouts(const intake_watch *self);

void intake_watch_free(intake_watch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(intake_watch, intake_watch_free)

#endif
