/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_CHANCE_H
#define LOCKFERRY_TESTS_SIM_CHANCE_H

/* All random numbers of a run, made from one seed. Also supplies the random numbers that the
 * product gets from GLib and the system. */

#include <glib.h>
#include <stdbool.h>

struct chance {
	guint64 state;
};

guint64 chance_next(struct chance *self);

/* The random numbers of the simulated world. */
extern struct chance world;

/* A number from 0 to `below` - 1. */
guint chance_below(guint below);
/* True once in `n` times. */
bool chance_one_in(guint n);
/* A time between the two; most of these times are short. */
gint64 chance_us(gint64 least, gint64 most);

#endif
