/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_GROUP_INTAKE_H
#define LOCKFERRY_GROUP_INTAKE_H

/*
 * How fast new clients arrive, and whether there is room for more. Anybody who may send from an
 * address that the exports allow can have clients recorded with forged NLM_LOCKs. Each of them
 * costs a durable record. So many new clients in a short time raise an alarm, and the number of
 * clients is limited. Pure: times are those of any one clock, in microseconds. The struct is all
 * zero at first.
 */

#include <glib.h>
#include <stdbool.h>

/* Many times more than the largest sites have. 100,000 clients were tested. */
#define INTAKE_CLIENTS_MAX 250000

/* A real client is new only once, unless it has held no lock for minutes. */
#define INTAKE_PER_MINUTE_MAX 600

/* How long a flood is reported after its end: several monitor intervals. */
#define INTAKE_FLOOD_SHOWN_US ((gint64)600 * G_USEC_PER_SEC)

struct intake {
	gint64 began_us;   /* the start of the minute that is being counted */
	guint taken;       /* new clients in that minute */
	guint most;        /* the highest count of a minute in the reported flood */
	gint64 flooded_us; /* when there were too many last */
	bool flooded;      /* there were too many */
};

/* Notes that this many new clients arrived. */
void intake_note(struct intake *self, guint clients, gint64 now_us);

/* Returns the number of clients in the worst minute of a flood that is in progress, or that
 * ended a short time ago. Returns 0 if there is none. */
guint intake_flood(struct intake *self, gint64 now_us);

/* Whether a group with this many clients accepts no new ones. */
bool intake_is_full(guint clients);

#endif
