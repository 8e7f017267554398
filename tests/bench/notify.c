/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * How long it takes to tell many clients that the server restarted, beside the least that the
 * machine needs for those packets, and beside sm-notify.
 *
 *	notify [CLIENTS]...
 *
 * CLIENTS default to 1000 10000 100000. All is in a network namespace of its own; sm-notify's files
 * are in TMPDIR and removed. Who is compared takes turns, and the best time of each counts: the
 * machine may do something else besides. Figures on stdout; the exit status is 1 where a goal is
 * missed.
 */

#include "../unit/network.h"
#include "teller.h"

#include <stdio.h>
#include <stdlib.h>

#define LIMIT_S 60

/* Many turns where they are short. */
#define TURNS_MIN 5
#define TURNS_MAX 9
#define CLIENTS_PER_TURN 10000

/* sm-notify takes minutes for more than that. */
#define SM_NOTIFY_CLIENTS_MAX 10000

/* And so it does where somebody does not answer. */
#define SM_NOTIFY_TROUBLE_MAX 1000

/* Goals. */
#define GOAL_BARE_RATIO 2.0
#define GOAL_DEAD_RATIO 1.25
#define GOAL_PEAK_MIB 64

/* What a difference of processes and their wake-ups makes at 1,000 clients, which is nothing. */
#define SCHEDULING_S 0.005

enum measured {
	BARE_ALIVE,
	LOCKFERRY_ALIVE,
	LOCKFERRY_DEAD,
	LOCKFERRY_LOSS,
	SM_NOTIFY_ALIVE,
	SM_NOTIFY_DEAD,
	SM_NOTIFY_LOSS,
	MEASURED
};

static const struct row {
	const char *who;
	const char *clients;
	enum teller teller;
	struct crowd_ways ways;
	guint clients_max; /* 0: any number */
	bool in_turns;     /* else once: it takes seconds, and always the same */
} rows[MEASURED] = {
	[BARE_ALIVE] = {"bare", "all alive", TELLER_BARE, .in_turns = true},
	[LOCKFERRY_ALIVE] = {"lockferry", "all alive", TELLER_LOCKFERRY, .in_turns = true},
	[LOCKFERRY_DEAD] = {"lockferry", "10 % dead", TELLER_LOCKFERRY, {.dead_percent = 10},
		.in_turns = true},
	[LOCKFERRY_LOSS] = {"lockferry", "5 % lost", TELLER_LOCKFERRY, {.loss_percent = 5}},
	[SM_NOTIFY_ALIVE] = {"sm-notify", "all alive", TELLER_SM_NOTIFY,
		.clients_max = SM_NOTIFY_CLIENTS_MAX},
	[SM_NOTIFY_DEAD] = {"sm-notify", "10 % dead", TELLER_SM_NOTIFY, {.dead_percent = 10},
		.clients_max = SM_NOTIFY_TROUBLE_MAX},
	[SM_NOTIFY_LOSS] = {"sm-notify", "5 % lost", TELLER_SM_NOTIFY, {.loss_percent = 5},
		.clients_max = SM_NOTIFY_TROUBLE_MAX},
};

static bool is_measured(const struct row *row, guint count)
{
	return (row->clients_max == 0 || count <= row->clients_max) && teller_exists(row->teller);
}

static struct crowd_ways ways_of(const struct row *row, guint count)
{
	struct crowd_ways ways = row->ways;

	ways.count = count;
	return ways;
}

/* The better of both times, and the worse of both memories. */
static void keep_best(struct telling *best, const struct telling *now)
{
	double peak_mib = MAX(best->peak_mib, now->peak_mib);

	if (best->seconds == 0 || now->seconds < best->seconds)
		*best = *now;
	best->peak_mib = peak_mib;
}

static void measure(guint count, struct telling *best)
{
	guint turns = CLAMP(CLIENTS_PER_TURN * TURNS_MAX / count, TURNS_MIN, TURNS_MAX);

	for (guint turn = 0; turn < turns; turn++)
		for (int i = 0; i < MEASURED; i++) {
			struct crowd_ways ways = ways_of(&rows[i], count);
			struct telling now;

			if (!is_measured(&rows[i], count) || (turn > 0 && !rows[i].in_turns))
				continue;
			now = teller_tell(rows[i].teller, &ways, LIMIT_S);
			keep_best(&best[i], &now);
		}
}

/* Of how many times as long it may have taken. 0: anything is good. */
static double goal_of(enum measured what)
{
	switch (what) {
	case LOCKFERRY_ALIVE:
		return GOAL_BARE_RATIO;
	case LOCKFERRY_DEAD:
		return GOAL_DEAD_RATIO;
	default:
		return 0;
	}
}

static bool print_ratio(const struct telling *of, const struct telling *to, double goal)
{
	bool kept = goal == 0 || of->seconds <= to->seconds * goal + SCHEDULING_S;

	printf(" %8.2f%s", of->seconds / to->seconds, kept ? "" : " missed");
	return kept;
}

static bool print_row(enum measured what, guint count, const struct telling *best)
{
	const struct telling *telling = &best[what];
	const struct row *row = &rows[what];
	struct crowd_ways ways = ways_of(row, count);
	guint alive = crowd_alive(&ways);
	bool ours = row->teller == TELLER_LOCKFERRY;
	bool good = true;

	printf("%8u %-9s %-9s %9.3f", count, row->who, row->clients, telling->seconds);
	good = print_ratio(
		       telling, &best[BARE_ALIVE], what == LOCKFERRY_ALIVE ? goal_of(what) : 0) &&
	       good;
	if (ours)
		good = print_ratio(telling, &best[LOCKFERRY_ALIVE],
			       what == LOCKFERRY_DEAD ? goal_of(what) : 0) &&
		       good;
	else
		printf(" %8s", "");
	printf(" %9u %9u %8.1f", telling->packets, telling->overflows, telling->peak_mib);
	if (ours && telling->peak_mib > GOAL_PEAK_MIB) {
		printf(" missed");
		good = false;
	}
	if (telling->told < alive) {
		printf("  only %u of %u within %d s", telling->told, alive, LIMIT_S);
		good = good && !ours;
	}
	putchar('\n');
	return good;
}

static bool measure_and_print(guint count)
{
	struct telling best[MEASURED] = {0};
	bool good = true;

	measure(count, best);
	for (int i = 0; i < MEASURED; i++)
		if (is_measured(&rows[i], count))
			good = print_row((enum measured)i, count, best) && good;
	fflush(stdout);
	return good;
}

int main(int argc, char **argv)
{
	static const char *const default_counts[] = {"1000", "10000", "100000", NULL};
	const char *const *counts = argc > 1 ? (const char *const *)argv + 1 : default_counts;
	bool good = true;

	for (gsize i = 0; counts[i] != NULL; i++)
		if (atoi(counts[i]) < 1 || atoi(counts[i]) > CROWD_MAX) {
			fputs("Usage: notify [CLIENTS]...\n", stderr);
			return 64;
		}
	if (!network_enter()) {
		fputs("cannot make a network namespace: run this as root\n", stderr);
		return 2;
	}
	network_add_range(CROWD_RANGE, CROWD_PREFIX);
	network_add(TELLER_SOURCE);
	printf("%8s %-9s %-9s %9s %8s %8s %9s %9s %8s\n", "CLIENTS", "WHO", "THEY ARE", "SECONDS",
		"TO BARE", "TO ALIVE", "SENT", "OVERFLOWS", "PEAK MIB");
	for (gsize i = 0; counts[i] != NULL; i++)
		good = measure_and_print((guint)atoi(counts[i])) && good;
	printf("goals: %.1f times the bare limit with all alive, %.2f times that with dead ones among them, %d MiB: %s\n",
		GOAL_BARE_RATIO, GOAL_DEAD_RATIO, GOAL_PEAK_MIB, good ? "kept" : "missed");
	return good ? 0 : 1;
}
