/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What a service group of many clients costs: time, memory and processor of a real `lockferry
 * serve` on two nodes made of files, from the adoption of a full sm directory to the recovery on
 * the other node.
 *
 *	scale DIRECTORY LOCKFERRY [RECORDS]...
 *
 * DIRECTORY is where to have the store, LOCKFERRY the program; RECORDS default to 1000 10000
 * 100000. All is in a network namespace of its own, and the nodes' files are in TMPDIR; what is
 * made is removed. Figures on stdout; the exit status is 1 where a goal is missed.
 */

#include "../unit/fake_clients.h"
#include "../unit/network.h"
#include "node.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ADDRESS "192.0.2.10"
#define PHASE_LIMIT_S 120
#define RECOVERY_LIMIT_S 300

/* So long after the last change, everything that is written a while later has been written. */
#define SETTLE_US (3 * G_USEC_PER_SEC)
#define IDLE_S 10

/* Goals. Ten times the records may take 10 times the time, and half of that for what is not linear.
 * Of the memory, 8 MiB are the program and its libraries, the others 160 bytes for each client. */
#define GOAL_RESIDENT_MIB 24
#define GOAL_GROWTH 1.5
#define GOAL_IDLE_PERCENT 1

/* Times shorter than that are those of a process's start, and tell nothing of the records. */
#define GROWTH_FLOOR_S 0.1

enum step { STEP_ADOPT, STEP_IDLE, STEP_RELEASE, STEP_TAKE_OVER, STEP_TELL, STEP_COUNT };

static const char *const step_names[] = {"adopt", "idle", "release", "take over", "tell"};

/* Of one kind of store; the counts go up. */
struct run {
	struct served what;
	guint count;
	guint count_before; /* 0: the first */
	double seconds_before[STEP_COUNT];
	bool good;
};

static const char *verdict(struct run *run, bool good)
{
	run->good = run->good && good;
	return good ? "" : "  missed";
}

/* How many times as long as with the records before, and how many times the records. */
static void print_growth(struct run *run, enum step step, double seconds)
{
	double before = run->seconds_before[step];
	double records = run->count_before > 0 ? (double)run->count / run->count_before : 0;
	bool tells = run->count_before > 0 && seconds >= GROWTH_FLOOR_S && before > 0;

	run->seconds_before[step] = seconds;
	if (before <= 0)
		printf(" %8s", "");
	else
		printf(" %7.1fx%s", seconds / before,
			verdict(run, !tells || seconds / before <= records * GOAL_GROWTH));
}

static void print_row(struct run *run, enum step step, double seconds)
{
	printf("%-7s %8u %-10s %9.3f %8.1f", run->what.backend, run->count, step_names[step],
		seconds, seconds * 1e6 / run->count);
	print_growth(run, step, seconds);
}

static void print_memory(struct run *run, const struct usage *usage)
{
	printf(" %8.1f %8.1f%s", usage->resident_mib, usage->peak_mib,
		verdict(run, usage->resident_mib <= GOAL_RESIDENT_MIB));
}

static void print_step(struct run *run, enum step step, double seconds, const node *of)
{
	struct usage usage = node_usage(of);

	print_row(run, step, seconds);
	print_memory(run, &usage);
	printf(" %8.0f\n", usage.cpu_ms);
	fflush(stdout);
}

/* What the process does while nothing happens. */
static void measure_idle(struct run *run, const node *of)
{
	struct usage before, after;
	double cpu_ms;

	g_usleep(SETTLE_US);
	before = node_usage(of);
	g_usleep(IDLE_S * G_USEC_PER_SEC);
	after = node_usage(of);
	cpu_ms = after.cpu_ms - before.cpu_ms;
	printf("%-7s %8u %-10s %9d %8s %8s", run->what.backend, run->count, step_names[STEP_IDLE],
		IDLE_S, "", "");
	print_memory(run, &after);
	printf(" %8.0f = %.2f %%%s\n", cpu_ms, cpu_ms / IDLE_S / 10,
		verdict(run, cpu_ms / IDLE_S / 10 <= GOAL_IDLE_PERCENT));
	fflush(stdout);
}

/* Statd has all records when the group comes: a store that is new. It leaves in good order. */
static void adopt_and_release(struct run *run)
{
	g_autoptr(node) primary = node_new("node1", true);
	double seconds;

	node_fill(primary, run->count);
	seconds = node_serve(primary, &run->what);
	node_await_count(primary, &run->what, "clients", run->count, PHASE_LIMIT_S);
	print_step(run, STEP_ADOPT, seconds, primary);
	network_add(ADDRESS);
	node_await_phase(primary, &run->what, "serving", PHASE_LIMIT_S);
	measure_idle(run, primary);
	network_remove(ADDRESS);
	seconds = node_await_phase(primary, &run->what, "frozen", PHASE_LIMIT_S);
	seconds += node_stop(primary, &run->what);
	print_row(run, STEP_RELEASE, seconds);
	putchar('\n');
}

/* Every client lives, and answers. They end with us. */
static pid_t start_clients(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		fake_clients_start();
		g_main_loop_run(g_main_loop_new(NULL, FALSE));
		_exit(0);
	}
	return pid;
}

static void take_over(struct run *run)
{
	g_autoptr(node) adoptive = node_new("node2", false);
	double seconds = node_serve(adoptive, &run->what);
	pid_t clients;

	if (node_count_records(adoptive) != run->count)
		bench_die(
			"of %u records %u were conveyed", run->count, node_count_records(adoptive));
	print_step(run, STEP_TAKE_OVER, seconds, adoptive);
	clients = start_clients();
	network_add(ADDRESS);
	node_await_phase(adoptive, &run->what, "reclaiming", PHASE_LIMIT_S);
	seconds = node_await_count(
		adoptive, &run->what, "acknowledged", run->count, RECOVERY_LIMIT_S);
	print_step(run, STEP_TELL, seconds, adoptive);
	network_remove(ADDRESS);
	kill(clients, SIGKILL);
	waitpid(clients, NULL, 0);
}

static void measure(struct run *run, const char *dir, guint count)
{
	g_autofree char *fs = g_strdup_printf("%s/%s-%u", dir, run->what.backend, count);

	if (count == 0 || g_mkdir(fs, 0700) != 0)
		bench_die("'%s' cannot be made", fs);
	run->count = count;
	run->what.fs = fs;
	adopt_and_release(run);
	take_over(run);
	run->count_before = count;
}

static bool measure_backend(
	const char *program, const char *backend, const char *dir, const char *const *counts)
{
	struct run run = {
		.what = {.program = program,
			.group = "bench",
			.backend = backend,
			.address = ADDRESS},
		.good = true,
	};

	for (gsize i = 0; counts[i] != NULL; i++)
		measure(&run, dir, (guint)atoi(counts[i]));
	return run.good;
}

int main(int argc, char **argv)
{
	static const char *const default_counts[] = {"1000", "10000", "100000", NULL};
	const char *const *counts = argc > 3 ? (const char *const *)argv + 3 : default_counts;
	const char *dir;
	bool good = true;

	if (argc < 3 || !g_path_is_absolute(argv[1]) || !g_path_is_absolute(argv[2])) {
		fputs("Usage: scale ABSOLUTE-DIRECTORY ABSOLUTE-PATH-OF-LOCKFERRY [RECORDS]...\n",
			stderr);
		return 64;
	}
	if (!network_enter())
		bench_die("cannot make a network namespace: run this as root");
	dir = bench_begin(argv[1]);
	printf("%-7s %8s %-10s %9s %8s %8s %8s %8s %8s\n", "STORE", "RECORDS", "STEP", "SECONDS",
		"US EACH", "GROWTH", "RSS MIB", "PEAK MIB", "CPU MS");
	good = measure_backend(argv[2], "files", dir, counts) && good;
	good = measure_backend(argv[2], "sqlite", dir, counts) && good;
	printf("goals: %d MiB resident, %.1f times a straight line, %d %% of a processor when idle: %s\n",
		GOAL_RESIDENT_MIB, GOAL_GROWTH, GOAL_IDLE_PERCENT, good ? "kept" : "missed");
	return good ? 0 : 1;
}
