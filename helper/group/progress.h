/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_GROUP_PROGRESS_H
#define LOCKFERRY_GROUP_PROGRESS_H

/*
 * How a recovery went: how many clients got to each step of it, and when the last one did. Pure:
 * times are those of any one clock, in microseconds.
 *
 * progress_begin() -> progress_look() after each change of the client list -> the results.
 */

#include "group/client_list.h"

struct progress {
	gint64 began_us;
	struct {
		guint clients; /* that are so far, or further */
		gint64 last_us;
	} steps[RECOVERY_COUNT]; /* of told, acknowledged and reclaimed; the others stay empty */
};

void progress_begin(struct progress *self, const client_list *clients, gint64 now_us);
void progress_look(struct progress *self, const client_list *clients, gint64 now_us);

/* Seconds from the beginning until the last client got there; 0 while none has. */
double progress_seconds(const struct progress *self, enum recovery step);

#endif
