/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_DRILL_TIMELINE_H
#define LOCKFERRY_DRILL_TIMELINE_H

/*
 * When a group that was moved got how far, by looks at it. Pure: told the time. Each mark is when
 * its state was first seen, so it is late by the time between two looks, and -1 where no look met
 * it.
 */

#include <glib.h>
#include <stdbool.h>

enum timeline_mark {
	TIMELINE_ADDRESS_AWAY, /* on the node that it leaves */
	TIMELINE_STOPPED,      /* nothing of it is left there */
	TIMELINE_ADOPTING,     /* on the node that it comes to, and all of the next */
	TIMELINE_ARMED,
	TIMELINE_ADDRESS_UP,
	TIMELINE_RECLAIMING,
	TIMELINE_LAST_RECLAIM, /* the last time that a client or a lock came back */
	TIMELINE_SERVING,
	TIMELINE_NEW_LOCKS, /* every grace period is over */
	TIMELINE_MARKS
};

struct timeline {
	gint64 at_ms[TIMELINE_MARKS]; /* since the group was ordered to move */
	gint64 reclaimed;             /* the most that were seen */
	gint64 missing;               /* the fewest; -1: never known */
};

/* A look. */
struct timeline_sample {
	bool address_there, group_there; /* on the node that it leaves */
	const char *phase;               /* where it comes to; NULL: not served there */
	bool address_here;               /* likewise */
	gint64 reclaimed;                /* clients that are back */
	gint64 missing;                  /* locks that are not; -1: unknown */
	bool new_locks;                  /* no grace period runs */
};

void timeline_begin(struct timeline *self);

/* Note what is new; returns the marks that are, as bits 1 << mark. */
guint timeline_look(struct timeline *self, const struct timeline_sample *sample, gint64 now_ms);

/* As the result names it: "address_away". */
const char *timeline_name(enum timeline_mark mark);

/* For a person. */
const char *timeline_text(enum timeline_mark mark);

/* How long from one mark to another, in seconds; -1 where one of them is not known. */
double timeline_seconds(
	const struct timeline *self, enum timeline_mark from, enum timeline_mark to);

#endif
