/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_SEED_RUN_H
#define LOCKFERRY_TESTS_SIM_SEED_RUN_H

/* One run: a cluster made from a seed, and a list of faults. */

#include "faults.h"

struct run_of {
	guint64 seed;   /* determines the cluster's setup */
	guint salt;     /* together with the seed, determines all other random numbers */
	GArray *faults; /* of struct fault */
};

struct outcome {
	char *failure;    /* owned; NULL: every rule held */
	guint takeovers;  /* how often a process became the owner of a group */
	guint recoveries; /* how many of these had clients that must reclaim, and were completed */
	guint64 steps;
	gint64 virtual_us;
	guint32 digest; /* of all events; the same for the same seed */
};

/* `told` gets the story; NULL: not wanted. */
struct outcome run_seed(const struct run_of *self, GString *told);

/* Leaves out the faults that are not needed to make the run fail. */
void run_shrink(struct run_of *self);

/* Converts a run to the text of a file in tests/sim/seeds, and back. run_parse() returns false with
 * `error`. */
char *run_format(const struct run_of *self, const char *failure);
bool run_parse(const char *text, struct run_of *self, GError **error);

#endif
