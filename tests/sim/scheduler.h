/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_SCHEDULER_H
#define LOCKFERRY_TESTS_SIM_SCHEDULER_H

/*
 * Virtual time: a queue of events in the order of their times, and fibers. A fiber stands for a
 * thread or a program: it may wait while everything else goes on.
 *
 * Each event belongs to an actor (a group's process, or an agent's program), or to none (NULL). A
 * dead actor can do nothing any more: its events are left out, its fibers do not wait, and each of
 * its calls to the outside fails (`actor_is_dead()`). So all its code runs to its end and frees
 * what it owns.
 */

#include <glib.h>
#include <stdbool.h>

struct node;

struct actor {
	struct node *node;
	const char *name; /* borrowed */
	bool dead;
	bool ending;   /* gets no more events: its own fiber has come to its end */
	guint64 steps; /* number of its writes and syncs */
	GList *fibers; /* its parked fibers */
};

/* Begin and end a run. Time begins at zero. */
void scheduler_begin(void);
void scheduler_end(void);

/* Microseconds since the beginning. */
gint64 sim_now(void);

/* The actor whose code is running; NULL: none. */
extern struct actor *sim_actor;

static inline bool actor_is_dead(void)
{
	return sim_actor != NULL && sim_actor->dead;
}

typedef void (*sim_due)(void *data);

/* Calls `due` after this time. Returns a handle for sim_cancel(), never 0. */
guint sim_after(gint64 us, struct actor *whose, sim_due due, void *data);
void sim_cancel(guint *handle);

/* Runs the next event. Returns false if there is none. */
bool sim_step(void);

/* The number of events so far. */
guint64 sim_steps(void);

/* Starts `job` on a stack of its own. */
void fiber_start(struct actor *whose, sim_due job, void *data);

bool fiber_is_in(void);

/* For fibers: waits. Returns at once if its actor is dead. */
void fiber_sleep(gint64 us);

/* fiber_park() waits until fiber_wake() is called with the fiber that fiber_self() returned. */
typedef struct fiber fiber;
fiber *fiber_self(void);
void fiber_park(void);
void fiber_wake(fiber *parked);

/* The same with a queue (of guint), for all fibers that wait in it together. */
void fiber_park_in(GArray *queue);
void fiber_wake_all(GArray *queue);

/* The same, but not longer than `until_us`. */
void fiber_park_until(GArray *queue, gint64 until_us);

/* For fibers whose actor is dead: lets the other fibers come to their ends first. */
void fiber_yield_to_the_dead(void);

/* Kills the actor. Its fibers have come to their ends when this returns. Must not be called from
 * one of them. */
void actor_kill(struct actor *self);

#endif
