/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_INTAKE_WATCH_H
#define LOCKFERRY_SERVICE_INTAKE_WATCH_H

/*
 * Whether too many new clients come, and whether there is room for more (group/intake.h):
 * PROBLEM_FLOOD and PROBLEM_FULL. Where statd's callout reports new clients, only it counts:
 * records that were conveyed for another group are new to this one, too, and no flood.
 *
 * intake_watch_new() -> intake_watch_callout() and intake_watch_admits() for each callout,
 * intake_watch_note() for what was recorded -> intake_watch_look() each second and as clients come
 * -> intake_watch_free().
 */

#include "group/client_list.h"
#include "service/problems.h"

typedef struct intake_watch intake_watch;

/* `full` is set as long as there is no room, atomically. All is borrowed. */
intake_watch *intake_watch_new(struct problems *problems, gint *full);

/* The callout came, be its client taken or not. */
void intake_watch_callout(intake_watch *self);

/* Whether the record of that client, of which the callout tells, is taken. `clients`: NULL before
 * the group was taken over. */
bool intake_watch_admits(
	intake_watch *self, const client_list *clients, const char *mon_name, gint64 now_us);

/* So many new clients were recorded. */
void intake_watch_note(intake_watch *self, guint clients, gint64 now_us);

/* Whether there is room again, as there was not before: look at all that statd has then. */
bool intake_watch_look(intake_watch *self, const client_list *clients, gint64 now_us);

/* How often the callout came. */
guint64 intake_watch_callouts(const intake_watch *self);

void intake_watch_free(intake_watch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(intake_watch, intake_watch_free)

#endif
