/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What it takes to record the locks that are held, and who waits for it. So many locks are held by
 * this very process, and are looked at in the kernel's own /proc/locks: by the steps of it, and by
 * a real `lockferry serve`, of which meanwhile records of clients and its status are asked.
 *
 *	held_locks DIRECTORY LOCKFERRY [LOCKS]...
 *
 * DIRECTORY is where to have the store and the locked files, LOCKFERRY the program; LOCKS default
 * to 1000 10000 100000. What is made is removed. Figures on stdout; the exit status is 1 where a
 * goal is missed.
 */

#include "../unit/network.h"
#include "control/client.h"
#include "control/message.h"
#include "kernel/lock_set.h"
#include "node.h"
#include "node/filesystems.h"
#include "store/store.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define ADDRESS "192.0.2.10"
#define PHASE_LIMIT_S 30
#define RECORD_LIMIT_S 60
#define ANSWER_LIMIT_MS 15000
#define LOCKS_PER_FILE 1000
#define QUIET_RECORDS 50

/* As helper/service/lock_recorder.c rests. */
#define REST_MIN_S 10
#define REST_PER_LOOK 100

/* Goals. What waits may wait for the one write that there is, and for a processor. */
#define GOAL_SHARE_PERCENT 1
#define GOAL_RECORD_MS 100
#define GOAL_STATUS_MS 50

/* Holding locks */

static void lock_byte(int fd, guint byte)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};

	if (fcntl(fd, F_SETLK, &lock) != 0)
		bench_die("cannot lock byte %u", byte);
}

/* The descriptors of the files. From the last byte to the first, as the kernel goes through those
 * before; and none beside another, which would be one lock. */
static GArray *take_locks(const char *dir, guint count)
{
	GArray *fds = g_array_new(FALSE, FALSE, sizeof(int));

	for (guint taken = 0; taken < count;) {
		g_autofree char *path = g_strdup_printf("%s/locked-%u", dir, fds->len);
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

		if (fd < 0)
			bench_die("cannot make '%s'", path);
		for (guint left = LOCKS_PER_FILE; left > 0 && taken < count; left--, taken++)
			lock_byte(fd, 2 * left);
		g_array_append_val(fds, fd);
	}
	return fds;
}

static void drop_locks(GArray *fds)
{
	for (guint i = 0; i < fds->len; i++)
		close(g_array_index(fds, int, i));
	g_array_unref(fds);
}

/* The steps */

static double ms_since(gint64 began_us)
{
	return (double)(g_get_monotonic_time() - began_us) / 1000;
}

static double cpu_ms(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

struct cost {
	guint locks;
	gsize bytes;
	double look_ms, write_ms, cpu_ms;
};

static GBytes *look(const char *store_path, const char *fs, struct cost *cost)
{
	static const struct kernel kernel = KERNEL_DEFAULT;
	const struct lock_set_note note = {.noted_at = 1};
	const char *const exports[] = {fs, NULL};
	gint64 began_us = g_get_monotonic_time();
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) filesystems = filesystems_find(store_path, exports, &error);
	g_autoptr(lock_set) held =
		filesystems != NULL ? lock_set_held(&kernel, filesystems, "none", &error) : NULL;
	GBytes *bytes;

	if (held == NULL)
		bench_die("%s", error->message);
	bytes = lock_set_to_bytes(held, &note);
	cost->look_ms = ms_since(began_us);
	cost->locks = lock_set_size(held);
	cost->bytes = g_bytes_get_size(bytes);
	return bytes;
}

static struct cost measure_steps(const char *dir)
{
	g_autofree char *path = g_build_filename(dir, "steps", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(store) to = store_open(path, STORE_CREATE, NULL, &error);
	struct cost cost;
	double cpu_before_ms = cpu_ms();
	g_autoptr(GBytes) bytes = look(path, dir, &cost);
	gint64 began_us = g_get_monotonic_time();

	if (to == NULL || !store_save_text(to, 0, STORE_LOCKS_RECORDED, bytes, &error))
		bench_die("%s", error->message);
	cost.write_ms = ms_since(began_us);
	cost.cpu_ms = cpu_ms() - cpu_before_ms;
	return cost;
}

/* The process */

struct waits {
	double record_ms, status_ms; /* the longest */
};

/* One client more, until its record is durable; and a status. */
static void ask(node *on, const struct served *what, guint number, struct waits *waits)
{
	g_autofree char *name = node_client(number);
	g_autofree char *request = g_strconcat(CONTROL_RECORD, name, NULL);
	gint64 began_us = node_monitor(on, name);
	g_autoptr(JsonObject) answer =
		control_ask(on->run_dir, what->group, request, ANSWER_LIMIT_MS, NULL);
	g_autoptr(JsonObject) status = NULL;

	if (answer == NULL || !json_object_get_boolean_member(answer, "recorded"))
		bench_die("client '%s' is not recorded", name);
	waits->record_ms = MAX(waits->record_ms, ms_since(began_us));
	began_us = g_get_monotonic_time();
	status = node_status(on, what);
	waits->status_ms = MAX(waits->status_ms, ms_since(began_us));
}

/* While it looks for the first time, which it does as it begins to serve, and while it rests. */
static void measure_waits(const struct served *what, struct waits *busy, struct waits *quiet)
{
	g_autoptr(node) on = node_new("node1", true);
	g_autofree char *recorded = g_build_filename(what->fs, "store", "locks.recorded", NULL);
	const char *locks = scratch_path(on->files, "proc/locks");
	gint64 began_us;
	guint number = 0, count;

	scratch_remove(on->files, "proc/locks");
	if (symlink("/proc/locks", locks) != 0)
		bench_die("cannot make '%s'", locks);
	node_serve(on, what);
	network_add(ADDRESS);
	node_await_phase(on, what, "serving", PHASE_LIMIT_S);
	began_us = g_get_monotonic_time();
	while (!g_file_test(recorded, G_FILE_TEST_EXISTS)) {
		if (ms_since(began_us) > RECORD_LIMIT_S * 1000)
			bench_die("the locks were not recorded");
		ask(on, what, number++, busy);
	}
	/* As many, for the longest of more is longer. */
	count = MAX(number, QUIET_RECORDS);
	for (guint i = 0; i < count; i++)
		ask(on, what, number++, quiet);
	network_remove(ADDRESS);
	node_await_phase(on, what, "frozen", RECORD_LIMIT_S);
	node_stop(on, what);
}

static bool print_row(const struct cost *cost, const struct waits *busy, const struct waits *quiet)
{
	double took_ms = cost->look_ms + cost->write_ms;
	double share =
		100 * cost->cpu_ms / (took_ms + MAX(REST_MIN_S * 1000.0, took_ms * REST_PER_LOOK));
	bool good = share <= GOAL_SHARE_PERCENT &&
		    busy->record_ms <= quiet->record_ms + cost->write_ms + GOAL_RECORD_MS &&
		    busy->status_ms <= quiet->status_ms + GOAL_STATUS_MS;

	printf("%8u %8.2f %9.1f %9.1f %8.3f %11.1f %11.1f %11.1f %11.1f%s\n", cost->locks,
		(double)cost->bytes / 1000000, cost->look_ms, cost->write_ms, share,
		busy->record_ms, quiet->record_ms, busy->status_ms, quiet->status_ms,
		good ? "" : "  missed");
	fflush(stdout);
	return good;
}

static bool measure(const char *program, const char *dir, guint count)
{
	g_autofree char *fs = g_strdup_printf("%s/%u", dir, count);
	const struct served what = {.program = program,
		.group = "bench",
		.backend = "files",
		.fs = fs,
		.address = ADDRESS};
	struct waits busy = {0}, quiet = {0};
	struct cost cost;
	GArray *fds;

	if (count == 0 || g_mkdir(fs, 0700) != 0)
		bench_die("'%s' cannot be made", fs);
	fds = take_locks(fs, count);
	cost = measure_steps(fs);
	measure_waits(&what, &busy, &quiet);
	drop_locks(fds);
	return print_row(&cost, &busy, &quiet);
}

int main(int argc, char **argv)
{
	static const char *const default_counts[] = {"1000", "10000", "100000", NULL};
	const char *const *counts = argc > 3 ? (const char *const *)argv + 3 : default_counts;
	const char *dir;
	bool good = true;

	if (argc < 3 || !g_path_is_absolute(argv[1]) || !g_path_is_absolute(argv[2])) {
		fputs("Usage: held_locks ABSOLUTE-DIRECTORY ABSOLUTE-PATH-OF-LOCKFERRY [LOCKS]...\n",
			stderr);
		return 64;
	}
	if (!network_enter())
		bench_die("cannot make a network namespace: run this as root");
	dir = bench_begin(argv[1]);
	printf("%8s %8s %9s %9s %8s %11s %11s %11s %11s\n", "LOCKS", "MB", "LOOK MS", "WRITE MS",
		"CPU %", "RECORD MS", "AT REST", "STATUS MS", "AT REST");
	for (gsize i = 0; counts[i] != NULL; i++)
		good = measure(argv[2], dir, (guint)atoi(counts[i])) && good;
	printf("goals: %d %% of a processor; beside a look, at worst, a record takes %d ms more than at rest and the write, a status %d ms more: %s\n",
		GOAL_SHARE_PERCENT, GOAL_RECORD_MS, GOAL_STATUS_MS, good ? "kept" : "missed");
	return good ? 0 : 1;
}
