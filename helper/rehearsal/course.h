/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_REHEARSAL_COURSE_H
#define LOCKFERRY_REHEARSAL_COURSE_H

/*
 * When a group that was moved got how far, by looks at it. Pure: told the time. Each mark is when
 * its state was first seen, so it is late by the time between two looks, and -1 where no look met
 * it.
 */

#include <glib.h>
#include <stdbool.h>

enum course_mark {
	COURSE_ADDRESS_AWAY, /* on the node that it leaves */
	COURSE_STOPPED,      /* nothing of it is left there */
	COURSE_ADOPTING,     /* on the node that it comes to, and all of the next */
	COURSE_ARMED,
	COURSE_ADDRESS_UP,
	COURSE_RECLAIMING,
	COURSE_LAST_RECLAIM, /* the last time that a client or a lock came back */
	COURSE_SERVING,
	COURSE_NEW_LOCKS, /* every grace period is over */
	COURSE_MARKS
};

struct course {
	gint64 at_ms[COURSE_MARKS]; /* since the group was ordered to move */
	gint64 reclaimed;           /* the most that were seen */
	gint64 missing;             /* the fewest; -1: never known */
};

/* A look. */
struct course_sight {
	bool address_there, group_there; /* on the node that it leaves */
	const char *phase;               /* where it comes to; NULL: not served there */
	bool address_here;               /* likewise */
	gint64 reclaimed;                /* clients that are back */
	gint64 missing;                  /* locks that are not; -1: unknown */
	bool new_locks;                  /* no grace period runs */
};

void course_begin(struct course *self);

/* Note what is new; returns the marks that are, as bits 1 << mark. */
guint course_look(struct course *self, const struct course_sight *sight, gint64 now_ms);

/* As the result names it: "address_away". */
const char *course_name(enum course_mark mark);

/* For a person. */
const char *course_text(enum course_mark mark);

/* How long from one mark to another, in seconds; -1 where one of them is not known. */
double course_seconds(const struct course *self, enum course_mark from, enum course_mark to);

#endif
