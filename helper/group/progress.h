/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_GROUP_PROGRESS_H
#define LOCKFERRY_GROUP_PROGRESS_H

/*
 * How a recovery went: how many clients reached each step, and when the last one did. Pure: times
 * are those of any one clock, in microseconds.
 *
 * Order of calls: progress_begin() -> progress_look() after each change of the client list -> the
 * results.
 */

#include "group/client_list.h"

struct progress {
	gint64 began_us;
	struct {
		guint clients; /* the clients that reached this step or a later one */
		gint64 last_us;
	} steps[RECOVERY_COUNT]; /* told, acknowledged and reclaimed are used; the others stay empty
				  */
};

void progress_begin(struct progress *self, const client_list *clients, gint64 now_us);
void progress_look(struct progress *self, const client_list *clients, gint64 now_us);

/* Returns the seconds from the beginning until the last client reached this step, or 0 if none
 * has. */
double progress_seconds(const struct progress *self, enum recovery step);

#endif
