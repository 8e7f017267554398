/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seed_run.h"

#include "base/error.h"
#include "chance.h"
#include "cluster.h"
#include "invariants.h"
#include "scheduler.h"
#include "story.h"

#include <stdio.h>
#include <string.h>

/* After the last fault each recovery has to come to its end within that: the longest grace period,
 * and the starts that fail before it. */
#define REST_US (420 * G_USEC_PER_SEC)

/* Of a run that goes round in circles. */
#define STEPS_MAX 20000000

struct outcome run_seed(const struct run_of *self, GString *told)
{
	struct outcome outcome = {0};

	story_begin(told);
	cluster_begin(self->seed, self->salt);
	faults_begin(self->faults);
	while (cluster.failure == NULL && sim_step()) {
		invariants_look();
		if (faults_are_over(REST_US)) {
			invariants_at_rest();
			break;
		}
		if (sim_steps() > STEPS_MAX)
			cluster_fail("%d steps, and no end", STEPS_MAX);
	}
	outcome.failure = g_steal_pointer(&cluster.failure);
	for (guint i = 0; i < cluster.setup.groups; i++)
		outcome.takeovers += cluster.groups[i]->takeovers;
	outcome.recoveries = cluster.recoveries;
	outcome.steps = sim_steps();
	outcome.virtual_us = sim_now();
	outcome.digest = (guint32)chance_next(&world);
	story_begin(NULL);
	faults_end();
	cluster_end();
	return outcome;
}

static bool fails(struct run_of *self)
{
	struct outcome outcome = run_seed(self, NULL);
	bool failed = outcome.failure != NULL;

	g_free(outcome.failure);
	return failed;
}

/* What comes after those that are left out comes at another time, and chance has it another way: so
 * some other chances are tried as well. */
#define SALTS 6

static bool fails_without(struct run_of *self, guint at, guint size)
{
	g_autoptr(GArray) fewer = g_array_copy(self->faults);
	struct run_of run = {.seed = self->seed, .faults = fewer};

	g_array_remove_range(fewer, at, size);
	for (guint i = 0; i < SALTS; i++) {
		run.salt = self->salt + i;
		if (!fails(&run))
			continue;
		self->salt = run.salt;
		g_array_remove_range(self->faults, at, size);
		return true;
	}
	return false;
}

/* A half, a quarter, ... of them at a time. */
void run_shrink(struct run_of *self)
{
	for (guint size = MAX(self->faults->len / 2, 1); size > 0; size /= 2) {
		for (guint at = 0; at + size <= self->faults->len;)
			at += fails_without(self, at, size) ? 0 : size;
	}
}

char *run_format(const struct run_of *self, const char *failure)
{
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "# %s\nseed %" G_GUINT64_FORMAT " salt %u\n",
		failure != NULL ? failure : "", self->seed, self->salt);
	for (guint i = 0; i < self->faults->len; i++) {
		const struct fault *fault = &g_array_index(self->faults, struct fault, i);

		g_string_append_printf(text,
			"%s after_us=%" G_GINT64_FORMAT " at_step=%u who=%u us=%" G_GINT64_FORMAT
			" much=%u\n",
			fault_name(fault->kind), fault->after_us, fault->at_step, fault->who,
			fault->us, fault->much);
	}
	return g_string_free(text, FALSE);
}

static bool parse_fault(const char *line, struct fault *fault)
{
	char name[32];

	return sscanf(line,
		       "%31s after_us=%" G_GINT64_FORMAT " at_step=%u who=%u us=%" G_GINT64_FORMAT
		       " much=%u",
		       name, &fault->after_us, &fault->at_step, &fault->who, &fault->us,
		       &fault->much) == 6 &&
	       fault_from_name(name, &fault->kind);
}

bool run_parse(const char *text, struct run_of *self, GError **error)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	self->faults = g_array_new(FALSE, TRUE, sizeof(struct fault));
	for (guint i = 0; lines[i] != NULL; i++) {
		struct fault fault = {0};

		if (lines[i][0] == '#' || lines[i][0] == '\0' ||
			sscanf(lines[i], "seed %" G_GUINT64_FORMAT " salt %u", &self->seed,
				&self->salt) == 2)
			continue;
		if (!parse_fault(lines[i], &fault)) {
			g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
				"line %u is not a fault: '%s'", i + 1, lines[i]);
			return false;
		}
		g_array_append_val(self->faults, fault);
	}
	return true;
}
