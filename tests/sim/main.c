/* SPDX-License-Identifier: GPL-2.0-or-later */

/* tests/sim/run: see tests/sim/README.md. */

#include "seed_run.h"

#include <stdio.h>
#include <stdlib.h>

#define FAULTS_PER_RUN 40

static gint64 first_seed = -1;
static gint failovers = 1000;
static gboolean one_seed, tell, as_is, own_servers;
static gchar *seed_file, *write_to;

static const GOptionEntry entries[] = {{"seed", 's', 0, G_OPTION_ARG_INT64, &first_seed,
					       "The first seed; else one of the clock", "N"},
	{"failovers", 'f', 0, G_OPTION_ARG_INT, &failovers, "Go on until there were so many", "N"},
	{"only", 'o', 0, G_OPTION_ARG_NONE, &one_seed, "That seed only", NULL},
	{"story", 't', 0, G_OPTION_ARG_NONE, &tell, "Tell what happens, also where all is well",
		NULL},
	{"no-shrink", 0, 0, G_OPTION_ARG_NONE, &as_is, "Tell a failure with all its faults", NULL},
	{"own-servers", 0, 0, G_OPTION_ARG_NONE, &own_servers,
		"Each cluster has one group, with an NFS server of its own", NULL},
	{"file", 0, 0, G_OPTION_ARG_FILENAME, &seed_file, "The faults of a file of tests/sim/seeds",
		"FILE"},
	{"write", 0, 0, G_OPTION_ARG_FILENAME, &write_to, "Where to write a seed that fails",
		"DIR"},
	G_OPTION_ENTRY_NULL};

static void tell_story(const struct run_of *one)
{
	g_autoptr(GString) told = g_string_new(NULL);
	struct outcome outcome = run_seed(one, told);

	printf("seed %" G_GUINT64_FORMAT " (%u), %u faults\n%s", one->seed, one->salt,
		one->faults->len, told->str);
	g_free(outcome.failure);
}

static void report(struct run_of *one, const char *failure)
{
	g_autofree char *text = NULL;

	printf("seed %" G_GUINT64_FORMAT " fails: %s\n", one->seed, failure);
	fflush(stdout);
	if (!as_is)
		run_shrink(one);
	tell_story(one);
	text = run_format(one, failure);
	printf("As a file of tests/sim/seeds:\n%s", text);
	if (write_to != NULL) {
		g_autofree char *path =
			g_strdup_printf("%s/%" G_GUINT64_FORMAT, write_to, one->seed);

		g_file_set_contents(path, text, -1, NULL);
	}
}

/* Whether all held. */
static bool run(struct run_of *one, struct outcome *sum)
{
	struct outcome outcome = run_seed(one, NULL);
	bool good = outcome.failure == NULL;

	sum->takeovers += outcome.takeovers;
	sum->recoveries += outcome.recoveries;
	sum->steps += outcome.steps;
	sum->virtual_us += outcome.virtual_us;
	sum->digest ^= outcome.digest;
	if (!good)
		report(one, outcome.failure);
	else if (tell)
		tell_story(one);
	g_free(outcome.failure);
	return good;
}

static bool run_seeds(struct outcome *sum)
{
	struct run_of one = {0};
	bool good = true;

	one.seed = first_seed >= 0 ? (guint64)first_seed : (guint64)g_get_real_time();
	printf("from seed %" G_GUINT64_FORMAT " on\n", one.seed);
	fflush(stdout);
	do {
		one.faults = faults_of_seed(one.seed, FAULTS_PER_RUN);
		one.salt = 0;
		good = run(&one, sum);
		g_array_unref(one.faults);
		one.seed++;
	} while (good && !one_seed && sum->takeovers < (guint)failovers);
	return good;
}

static bool run_file(struct outcome *sum)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	struct run_of one = {0};
	bool good = g_file_get_contents(seed_file, &text, NULL, &error) &&
		    run_parse(text, &one, &error);

	if (good)
		good = run(&one, sum);
	else
		fprintf(stderr, "%s: %s\n", seed_file, error->message);
	g_clear_pointer(&one.faults, g_array_unref);
	return good;
}

int main(int argc, char **argv)
{
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autoptr(GError) error = NULL;
	gint64 began_us = g_get_monotonic_time();
	struct outcome sum = {0};
	bool good;

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error)) {
		fprintf(stderr, "%s\n", error->message);
		return 64;
	}
	if (own_servers)
		cluster_want_own_servers();
	good = seed_file != NULL ? run_file(&sum) : run_seeds(&sum);
	printf("%u failovers, %u recoveries, %.0f s of virtual time, %" G_GUINT64_FORMAT
	       " steps in %.1f s; digest %08x\n",
		sum.takeovers, sum.recoveries, (double)sum.virtual_us / G_USEC_PER_SEC, sum.steps,
		(double)(g_get_monotonic_time() - began_us) / G_USEC_PER_SEC, sum.digest);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
