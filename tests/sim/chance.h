/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_CHANCE_H
#define LOCKFERRY_TESTS_SIM_CHANCE_H

/* All that is left to chance in a run, from one seed; also what the product asks GLib and the
 * system for. */

#include <glib.h>
#include <stdbool.h>

struct chance {
	guint64 state;
};

guint64 chance_next(struct chance *self);

/* The world's. */
extern struct chance world;

/* 0 to `below` - 1. */
guint chance_below(guint below);
/* One time in `n`. */
bool chance_one_in(guint n);
/* Between the two; most of them short. */
gint64 chance_us(gint64 least, gint64 most);

#endif
