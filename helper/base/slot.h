/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_BASE_SLOT_H
#define LOCKFERRY_BASE_SLOT_H

/*
 * A place for one job at a time (worker.h): whether one is under way, and whether what it finds out
 * is still wanted when it is done. All zero at first; of one thread.
 *
 * Unless slot.busy: slot_take(), and the job keeps the ticket -> slot_renew() whenever the world is
 * another than the one in which the job was begun -> slot_return() when it is done.
 */

#include <glib.h>
#include <stdbool.h>

struct slot {
	bool busy;
	guint generation;
};

static inline guint slot_take(struct slot *self)
{
	self->busy = true;
	return self->generation;
}

/* What is under way is of no use any more. It keeps the slot until it is done. */
static inline void slot_renew(struct slot *self)
{
	self->generation++;
}

static inline bool slot_is_wanted(const struct slot *self, guint ticket)
{
	return ticket == self->generation;
}

/* Whether the job's result is still wanted. */
static inline bool slot_return(struct slot *self, guint ticket)
{
	self->busy = false;
	return slot_is_wanted(self, ticket);
}

#endif
