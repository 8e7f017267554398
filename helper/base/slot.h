/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_BASE_SLOT_H
#define LOCKFERRY_BASE_SLOT_H

/*
 * A slot for one job at a time (worker.h). It knows whether a job is in progress, and whether its
 * result will still be wanted when it ends. The struct is all zero at first. Only one thread may
 * use it.
 *
 * Order of calls: slot_take() if slot.busy is false, and the job keeps the ticket -> slot_renew()
 * whenever the situation has changed since the job began -> slot_return() when the job ends.
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

/* The result of the current job is no longer wanted. The job keeps the slot until it ends. */
static inline void slot_renew(struct slot *self)
{
	self->generation++;
}

static inline bool slot_is_wanted(const struct slot *self, guint ticket)
{
	return ticket == self->generation;
}

/* Returns whether the job's result is still wanted. */
static inline bool slot_return(struct slot *self, guint ticket)
{
	self->busy = false;
	return slot_is_wanted(self, ticket);
}

#endif
