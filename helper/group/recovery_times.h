/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_GROUP_RECOVERY_TIMES_H
#define LOCKFERRY_GROUP_RECOVERY_TIMES_H

/*
 * How long the last recoveries of a group took, as its store keeps them: what the length of the
 *next grace period rests on (grace_length.h). Pure.
 *
 *	lockferry recoveries 1 COUNT\n
 *	CLIENTS ARRIVED HEARD BACK\n ...
 *
 * The oldest first; times in milliseconds. A list is an array of struct recovery_times, which the
 * caller unrefs.
 */

#include <glib.h>

/* So many are kept. */
#define RECOVERY_TIMES_KEPT 8

struct recovery_times {
	guint clients;    /* how many were told */
	guint arrived_ms; /* from the start of the group's own server until clients were told: the
			     address had come */
	guint heard_ms;   /* from then on until the last client that answered did; 0: none did */
	guint back_ms;    /* until the last client that came back was recorded again; 0: none did */
};

GArray *recovery_times_new(void);

/* The oldest goes where there are too many. */
void recovery_times_add(GArray *self, const struct recovery_times *times);

/* NULL where that is not such a text, or not the whole of one. */
GArray *recovery_times_parse(const char *text, gsize length);
char *recovery_times_format(const GArray *self);

#endif
