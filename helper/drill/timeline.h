/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_DRILL_TIMELINE_H
#define LOCKFERRY_DRILL_TIMELINE_H

/*
 * The progress of a group that is moved, made from samples. Pure: the caller passes the time. Each
 * mark is the time when its state was first seen, so it may be late by the time between two
 * samples. It is -1 if no sample showed the state.
 */

#include <glib.h>
#include <stdbool.h>

enum timeline_mark {
	TIMELINE_ADDRESS_AWAY, /* the address has left the source node */
	TIMELINE_STOPPED,      /* nothing of the group is left on the source node */
	TIMELINE_ADOPTING,     /* this mark and all following ones are of the target node */
	TIMELINE_ARMED,
	TIMELINE_ADDRESS_UP,
	TIMELINE_RECLAIMING,
	TIMELINE_LAST_RECLAIM, /* the last time that a client or a lock came back */
	TIMELINE_SERVING,
	TIMELINE_NEW_LOCKS, /* every grace period is over */
	TIMELINE_MARKS
};

struct timeline {
	gint64 at_ms[TIMELINE_MARKS]; /* time since the group was ordered to move; -1: not seen */
	gint64 reclaimed;             /* the largest number of clients that was seen */
	gint64 missing; /* the smallest number of locks that was seen; -1: never known */
};

/* A sample of the group's state. */
struct timeline_sample {
	bool address_there, group_there; /* on the source node */
	const char *phase;               /* on the target node; NULL: not served there */
	bool address_here;               /* on the target node */
	gint64 reclaimed;                /* clients that are back */
	gint64 missing;                  /* locks that are not back; -1: unknown */
	bool new_locks;                  /* no grace period runs */
};

void timeline_begin(struct timeline *self);

/* Records the sample. Returns the new marks, as bits 1 << mark. */
guint timeline_look(struct timeline *self, const struct timeline_sample *sample, gint64 now_ms);

/* The name of the mark in the result, such as "address_away". */
const char *timeline_name(enum timeline_mark mark);

/* The mark as a text for people. */
const char *timeline_text(enum timeline_mark mark);

/* The time between two marks, in seconds; -1 if one of them is not known. */
double timeline_seconds(
	const struct timeline *self, enum timeline_mark from, enum timeline_mark to);

#endif
