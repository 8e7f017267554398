/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_SCHEDULER_H
#define LOCKFERRY_TESTS_SIM_SCHEDULER_H

/*
 * Virtual time: what will happen, in the order of its time, and fibers, which are what threads and
 * programs are in reality: they may wait while everything else goes on.
 *
 * Whatever happens, happens to an actor (a group's process, or an agent's program), or to nobody
 * (NULL). One that is dead can do nothing any more: its events are left out, its fibers wait for
 * nothing, and every call to the outside fails (`actor_is_dead()`), so that all of it runs to its
 * end and frees what it owns.
 */

#include <glib.h>
#include <stdbool.h>

struct node;

struct actor {
	struct node *node;
	const char *name; /* borrowed */
	bool dead;
	bool ending;   /* it takes no more events: its own fiber is at its end */
	guint64 steps; /* writes and syncs that it made */
	GList *fibers; /* of its parked ones */
};

/* Begin and end a run: time begins at zero. */
void scheduler_begin(void);
void scheduler_end(void);

/* Microseconds since the beginning. */
gint64 sim_now(void);

/* The one that acts; NULL: nobody. */
extern struct actor *sim_actor;

static inline bool actor_is_dead(void)
{
	return sim_actor != NULL && sim_actor->dead;
}

typedef void (*sim_due)(void *data);

/* Returns a handle for sim_cancel(), never 0. */
guint sim_after(gint64 us, struct actor *whose, sim_due due, void *data);
void sim_cancel(guint *handle);

/* Let the next thing happen; false when there is nothing. */
bool sim_step(void);

/* How many there were. */
guint64 sim_steps(void);

/* Run `job` on a stack of its own, from now on. */
void fiber_start(struct actor *whose, sim_due job, void *data);

bool fiber_is_in(void);

/* Of a fiber: wait. At once where its actor is dead. */
void fiber_sleep(gint64 us);

/* Wait until fiber_wake() of what fiber_self() gives. */
typedef struct fiber fiber;
fiber *fiber_self(void);
void fiber_park(void);
void fiber_wake(fiber *parked);

/* The same in a queue (of guint), for all that wait there together. */
void fiber_park_in(GArray *queue);
void fiber_wake_all(GArray *queue);

/* And at that time at the latest. */
void fiber_park_until(GArray *queue, gint64 until_us);

/* Of a fiber whose actor is dead: let the others come to their ends first. */
void fiber_yield_to_the_dead(void);

/* From now on it is dead, and what its fibers were at has ended when this returns. Not from within
 * one of them. */
void actor_kill(struct actor *self);

#endif
