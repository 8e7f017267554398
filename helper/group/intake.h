/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_GROUP_INTAKE_H
#define LOCKFERRY_GROUP_INTAKE_H

/*
 * How fast new clients come, and whether there is room for more. Anybody who may send from an
 * address that the exports admit can have a client recorded with a forged NLM_LOCK, one durable
 * record each: many of them in a short time are an alarm, and there is an end to how many are kept.
 * Pure: times are those of any one clock, in microseconds. All zero at first.
 */

#include <glib.h>
#include <stdbool.h>

/* Many times what the largest sites have: 100,000 clients were tried. */
#define INTAKE_CLIENTS_MAX 250000

/* A real client is new once, unless it has held no lock for minutes. */
#define INTAKE_PER_MINUTE_MAX 600

/* For how long a flood is reported after its end: several monitor intervals. */
#define INTAKE_FLOOD_SHOWN_US ((gint64)600 * G_USEC_PER_SEC)

struct intake {
	gint64 began_us;   /* of the minute that is counted */
	guint taken;       /* in it */
	guint most;        /* of any minute of the flood that is reported */
	gint64 flooded_us; /* when there were too many last */
	bool flooded;      /* so there were */
};

/* So many new clients came. */
void intake_note(struct intake *self, guint clients, gint64 now_us);

/* How many came in the worst minute of the flood that runs or is over for a short time; 0: none. */
guint intake_flood(struct intake *self, gint64 now_us);

/* Whether a group with so many clients takes no new ones. */
bool intake_is_full(guint clients);

#endif
