/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What a durable record costs: p50 and p99 of a bare append + fdatasync, and of the stores, all on
 * the same disk and interleaved, so that whatever else the disk does hits them alike. Then what it
 * takes to open and load a store of many records.
 *
 *	store_latency [DIRECTORY [RECORDS]]
 *
 * DIRECTORY (default: the current one) is where to write; what is made there is removed. Figures on
 * stdout; the exit status is 1 where a goal is missed.
 */

#include "store/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RECORDS_DEFAULT 2000

/* Records between two savings of the account, which are not measured. */
#define ACCOUNT_INTERVAL 25
#define RECORD                                                                                     \
	"0100007f 000186b5 00000003 00000010 000cdda50c0000000070b67400000000 10.%u.%u.%u node1\n"

struct contender {
	const char *name;
	double goal; /* at most so many times a bare append; 0: it is that */
	store *store;
	gint64 *times_us; /* of each record */
};

static struct contender contenders[] = {
	{.name = "append"},
	{.name = "files", .goal = 3},
	{.name = "sqlite", .goal = 2},
};

static void die(const char *what, const GError *error)
{
	fprintf(stderr, "store_latency: %s: %s\n", what, error != NULL ? error->message : "failed");
	exit(2);
}

static client *make_client(guint number)
{
	/* Names in no order, as clients come. */
	guint scattered = number * 2654435761u;
	char *text = g_strdup_printf(RECORD, number >> 16, number >> 8 & 255, number & 255);
	g_autoptr(GBytes) raw = g_bytes_new_take(text, strlen(text));
	g_autofree char *mon_name =
		g_strdup_printf("10.%u.%u.%u", number >> 16, number >> 8 & 255, number & 255);
	g_autofree char *file = g_strdup_printf("client-%08x", scattered);

	return client_new(file, raw, mon_name, "node1");
}

static GPtrArray *make_clients(guint first, guint count)
{
	GPtrArray *clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);

	for (guint i = 0; i < count; i++)
		g_ptr_array_add(clients, make_client(first + i));
	return clients;
}

static store *make_store(const char *dir, const char *kind)
{
	g_autofree char *path = g_build_filename(dir, kind, NULL);
	g_autoptr(group_state) state = group_state_new("bench", 1);
	g_autoptr(GError) error = NULL;
	store *made = store_open(path, STORE_CREATE, kind, &error);

	/* Claimed, as it is while a group is served: every write then looks at the claim first. */
	if (made == NULL || !store_save_state(made, state, &error))
		die(path, error);
	return made;
}

static void append(int fd, GPtrArray *clients)
{
	const client *entry = g_ptr_array_index(clients, 0);
	gsize length;
	const void *bytes = g_bytes_get_data(entry->raw, &length);

	if (write(fd, bytes, length) != (gssize)length || fdatasync(fd) != 0)
		die("append", NULL);
}

static void put(store *to, GPtrArray *clients)
{
	g_autoptr(GError) error = NULL;

	if (!store_put_clients(to, clients, &error))
		die("put", error);
}

static void save_account(store *to, GPtrArray *clients)
{
	g_autoptr(GError) error = NULL;

	if (!store_save_account(to, 0, clients, &error))
		die("account", error);
}

static gint compare_times(gconstpointer a, gconstpointer b)
{
	gint64 first = *(const gint64 *)a, second = *(const gint64 *)b;

	return (first > second) - (first < second);
}

static double quantile_ms(gint64 *times_us, guint count, double part)
{
	qsort(times_us, count, sizeof(*times_us), compare_times);
	return (double)times_us[(guint)(part * count)] / 1000;
}

static bool print_latencies(guint count)
{
	double append_p50 = 0, append_p99 = 0;
	bool good = true;

	printf("%-8s %9s %9s %7s %7s %6s\n", "RECORD", "P50 MS", "P99 MS", "P50", "P99", "GOAL");
	for (gsize i = 0; i < G_N_ELEMENTS(contenders); i++) {
		struct contender *one = &contenders[i];
		double p50 = quantile_ms(one->times_us, count, 0.5);
		double p99 = quantile_ms(one->times_us, count, 0.99);

		if (one->goal == 0) {
			append_p50 = p50;
			append_p99 = p99;
			printf("%-8s %9.3f %9.3f\n", one->name, p50, p99);
			continue;
		}
		good = good && p50 / append_p50 <= one->goal;
		printf("%-8s %9.3f %9.3f %6.2fx %6.2fx %5.0fx%s\n", one->name, p50, p99,
			p50 / append_p50, p99 / append_p99, one->goal,
			p50 / append_p50 <= one->goal ? "" : "  missed");
	}
	return good;
}

static bool measure_latency(const char *dir, guint count)
{
	g_autofree char *path = g_build_filename(dir, "append", NULL);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		die(path, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(contenders); i++) {
		contenders[i].times_us = g_new(gint64, count);
		if (contenders[i].goal > 0)
			contenders[i].store = make_store(dir, contenders[i].name);
	}
	for (guint number = 0; number < count; number++) {
		g_autoptr(GPtrArray) clients = make_clients(number, 1);

		for (gsize i = 0; i < G_N_ELEMENTS(contenders); i++) {
			gint64 began_us = g_get_monotonic_time();

			if (contenders[i].store == NULL)
				append(fd, clients);
			else
				put(contenders[i].store, clients);
			contenders[i].times_us[number] = g_get_monotonic_time() - began_us;
			/* As a group's process does it, twice a second at most. */
			if (contenders[i].store != NULL && number % ACCOUNT_INTERVAL == 0)
				save_account(contenders[i].store, clients);
		}
	}
	close(fd);
	for (gsize i = 0; i < G_N_ELEMENTS(contenders); i++)
		store_close(contenders[i].store);
	return print_latencies(count);
}

/* The most memory this process had so far. */
static double peak_mib(void)
{
	g_autofree char *status = NULL;
	const char *line;

	if (!g_file_get_contents("/proc/self/status", &status, NULL, NULL))
		return 0;
	line = strstr(status, "VmHWM:");
	return line != NULL ? g_ascii_strtod(line + strlen("VmHWM:"), NULL) / 1024 : 0;
}

/* A process of its own, so that its memory is that of one opening. */
static void load_in_child(const char *path, const char *kind, enum store_mode mode, guint count)
{
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		double before_mib = peak_mib();
		gint64 began_us = g_get_monotonic_time(), opened_us;
		g_autoptr(GError) error = NULL;
		store *from = store_open(path, mode, kind, &error);
		GPtrArray *clients;

		opened_us = g_get_monotonic_time();
		clients = from != NULL ? store_load_clients(from, STORE_WITH_RAW, NULL, &error)
				       : NULL;
		if (clients == NULL || clients->len != count)
			die(path, error);
		printf("%-8s %8u %-6s %9.1f %9.1f %9.1f\n", kind, count,
			mode == STORE_READ ? "read" : "write",
			(double)(opened_us - began_us) / 1000,
			(double)(g_get_monotonic_time() - opened_us) / 1000,
			peak_mib() - before_mib);
		fflush(stdout);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void fill(const char *dir, const char *kind, guint count)
{
	g_autoptr(GPtrArray) clients = make_clients(0, count);
	store *to = make_store(dir, kind);
	gint64 began_us = g_get_monotonic_time();

	put(to, clients);
	printf("%-8s %8u %-6s %9s %9.1f\n", kind, count, "put", "",
		(double)(g_get_monotonic_time() - began_us) / 1000);
	store_close(to);
}

static void measure_loading(const char *dir)
{
	static const guint counts[] = {1000, 10000, 100000};

	printf("\n%-8s %8s %-6s %9s %9s %9s\n", "STORE", "RECORDS", "FOR", "OPEN MS", "LOAD MS",
		"RSS MIB");
	for (gsize i = 0; i < G_N_ELEMENTS(counts); i++) {
		for (gsize j = 1; j < G_N_ELEMENTS(contenders); j++) {
			const char *kind = contenders[j].name;
			g_autofree char *below = g_strdup_printf("%s/%u-%s", dir, counts[i], kind);
			g_autofree char *path = g_build_filename(below, kind, NULL);
			pid_t child;

			if (mkdir(below, 0700) != 0)
				die(below, NULL);
			/* In a child, for its memory would be counted. */
			fflush(stdout);
			child = fork();
			if (child == 0) {
				fill(below, kind, counts[i]);
				fflush(stdout);
				_exit(0);
			}
			waitpid(child, NULL, 0);
			load_in_child(path, kind, STORE_WRITE, counts[i]);
			load_in_child(path, kind, STORE_READ, counts[i]);
		}
	}
}

int main(int argc, char **argv)
{
	g_autofree char *here = g_get_current_dir();
	g_autofree char *dir =
		g_build_filename(argc > 1 ? argv[1] : here, "store_latency-XXXXXX", NULL);
	guint count = argc > 2 ? (guint)atoi(argv[2]) : RECORDS_DEFAULT;
	const char *remove[] = {"rm", "-rf", dir, NULL};
	bool good;

	if (count == 0 || g_mkdtemp(dir) == NULL || !g_path_is_absolute(dir)) {
		fputs("Usage: store_latency [ABSOLUTE-DIRECTORY [RECORDS]]\n", stderr);
		return 64;
	}
	good = measure_latency(dir, count);
	measure_loading(dir);
	g_spawn_sync(NULL, (char **)remove, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
		NULL);
	return good ? 0 : 1;
}
