/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_SEED_RUN_H
#define LOCKFERRY_TESTS_SIM_SEED_RUN_H

/* One run: a cluster of a seed, and a list of faults. */

#include "faults.h"

struct run_of {
	guint64 seed;   /* of the cluster's setup */
	guint salt;     /* and with it of all else that is left to chance */
	GArray *faults; /* of struct fault */
};

struct outcome {
	char *failure;    /* owned; NULL: all held */
	guint takeovers;  /* by which a process became the owner of a group */
	guint recoveries; /* of these, with clients that had to reclaim, that came to their end */
	guint64 steps;
	gint64 virtual_us;
	guint32 digest; /* of what happened: the same for the same seed */
};

/* `told`: the story; NULL: none is wanted. */
struct outcome run_seed(const struct run_of *self, GString *told);

/* Leave out what is not needed to fail. */
void run_shrink(struct run_of *self);

/* For tests/sim/seeds: a text, and back. False with `error`. */
char *run_format(const struct run_of *self, const char *failure);
bool run_parse(const char *text, struct run_of *self, GError **error);

#endif
