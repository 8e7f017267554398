/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * How long a record takes from statd's directory into the store of a real `lockferry serve`, and
 * what a client's first lock waits for it: p50 and p99, of both kinds of store, beside a bare
 * append + fdatasync on the same disk, interleaved, so that whatever else the disk does hits them
 * alike. And what lockferry-callout costs by itself, as a process, beside /bin/true.
 *
 *	record_latency DIRECTORY LOCKFERRY LOCKFERRY-CALLOUT [RECORDS]
 *
 * DIRECTORY is where to have the stores; statd's directories are in TMPDIR; what is made is
 * removed. Figures on stdout; the exit status is 1 where a goal is missed.
 */

#include "../unit/network.h"
#include "control/client.h"
#include "control/message.h"
#include "node.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define ADDRESS "192.0.2.10"
#define RECORDS_DEFAULT 500
#define PHASE_LIMIT_S 30

/* inotify wakes the process at once. Only then it is asked to say when it has the record: it is not
 * that question that makes it look. */
#define HEAD_START_US 100

/* As lockferry-callout waits. */
#define ANSWER_LIMIT_MS 15000

/* Of lockferry-callout over /bin/true, p50. */
#define PROCESS_GOAL_MS 1.0

enum way {
	WAY_APPEND,
	WAY_INOTIFY, /* until the process says that the record is durable */
	WAY_CALLOUT, /* until lockferry-callout, run by us as by statd, has ended */
	WAY_TRUE,    /* a process that does nothing */
	WAY_ANSWERED /* lockferry-callout, of a group that answers at once */
};

struct bench_group {
	struct served what;
	node *node;
};

static struct bench_group groups[] = {
	{.what = {.group = "files", .backend = "files", .address = ADDRESS}},
	{.what = {.group = "sqlite", .backend = "sqlite", .address = ADDRESS}},
};

struct contender {
	const char *name;
	enum way way;
	struct bench_group *group;
	double goal;      /* at most so many times a bare append; 0: none */
	gint64 *times_us; /* of each record */
	double p50_ms, p99_ms;
};

static struct contender contenders[] = {
	{.name = "append", .way = WAY_APPEND},
	{.name = "files, inotify", .way = WAY_INOTIFY, .group = &groups[0], .goal = 3},
	{.name = "files, callout", .way = WAY_CALLOUT, .group = &groups[0], .goal = 3},
	{.name = "sqlite, inotify", .way = WAY_INOTIFY, .group = &groups[1], .goal = 2},
	{.name = "sqlite, callout", .way = WAY_CALLOUT, .group = &groups[1], .goal = 2},
	{.name = "/bin/true", .way = WAY_TRUE},
	{.name = "callout alone", .way = WAY_ANSWERED},
};

static const char *callout_program;
static int append_fd;
static char *answered_run_dir; /* where the group is that answers at once */

/* A process, and its end. */
static void run(const char *program, const char *run_dir, const char *client)
{
	g_autofree char *setting = g_strconcat("LOCKFERRY_RUNDIR=", run_dir, NULL);
	char *const words[] = {
		(char *)program, (char *)"add-client", (char *)client, (char *)"node1", NULL};
	char *const environment[] = {setting, NULL};
	pid_t pid;
	int status;

	if (posix_spawn(&pid, program, NULL, NULL, words, environment) != 0 ||
		waitpid(pid, &status, 0) != pid || status != 0)
		bench_die("'%s' failed for client '%s'", program, client);
}

/* The group that answers at once. */

static gpointer answer_all(gpointer data)
{
	static const char answer[] = "{\"recorded\":true}";
	int listen_fd = GPOINTER_TO_INT(data);
	char request[512];

	for (;;) {
		int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			bench_die("cannot accept");
		if (recv(fd, request, sizeof(request), 0) <= 0 ||
			send(fd, answer, strlen(answer), MSG_NOSIGNAL) < 0)
			bench_die("cannot answer");
		close(fd);
	}
	return NULL;
}

static void start_answering(const char *dir)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	answered_run_dir = g_build_filename(dir, "answered", NULL);
	g_snprintf(address.sun_path, sizeof(address.sun_path), "%s/bench.sock", answered_run_dir);
	if (g_mkdir(answered_run_dir, 0700) != 0 ||
		bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
		listen(fd, 8) != 0)
		bench_die("cannot listen at '%s'", address.sun_path);
	g_thread_unref(g_thread_new("answers", answer_all, GINT_TO_POINTER(fd)));
}

/* One record, by each of the ways: microseconds */

static gint64 append(const char *client)
{
	gint64 began_us = g_get_monotonic_time();
	g_autofree char *record = g_strdup_printf(NODE_RECORD, client, "node1");

	if (write(append_fd, record, strlen(record)) != (gssize)strlen(record) ||
		fdatasync(append_fd) != 0)
		bench_die("cannot append");
	return g_get_monotonic_time() - began_us;
}

static void ask_to_record(const struct bench_group *group, const char *client)
{
	g_autofree char *request = g_strconcat(CONTROL_RECORD, client, NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonObject) answer = control_ask(
		group->node->run_dir, group->what.group, request, ANSWER_LIMIT_MS, &error);

	if (answer == NULL || !json_object_get_boolean_member(answer, "recorded"))
		bench_die("client '%s' is not recorded", client);
}

static gint64 by_inotify(const struct bench_group *group, const char *client)
{
	gint64 began_us = node_monitor(group->node, client);

	g_usleep(HEAD_START_US);
	ask_to_record(group, client);
	return g_get_monotonic_time() - began_us;
}

static gint64 by_callout(const struct bench_group *group, const char *client)
{
	gint64 began_us = node_monitor(group->node, client);

	run(callout_program, group->node->run_dir, client);
	return g_get_monotonic_time() - began_us;
}

static gint64 by_process(const char *program, const char *client)
{
	gint64 began_us = g_get_monotonic_time();

	run(program, answered_run_dir, client);
	return g_get_monotonic_time() - began_us;
}

static gint64 take_time(const struct contender *one, const char *client)
{
	switch (one->way) {
	case WAY_APPEND:
		return append(client);
	case WAY_INOTIFY:
		return by_inotify(one->group, client);
	case WAY_CALLOUT:
		return by_callout(one->group, client);
	case WAY_TRUE:
		return by_process("/bin/true", client);
	case WAY_ANSWERED:
		break;
	}
	return by_process(callout_program, client);
}

static void measure(guint count)
{
	for (gsize i = 0; i < G_N_ELEMENTS(contenders); i++)
		contenders[i].times_us = g_new(gint64, count);
	for (guint number = 0; number < count; number++) {
		for (gsize i = 0; i < G_N_ELEMENTS(contenders); i++) {
			g_autofree char *client =
				node_client(number * (guint)G_N_ELEMENTS(contenders) + (guint)i);

			contenders[i].times_us[number] = take_time(&contenders[i], client);
		}
	}
}

/* Figures */

static gint compare_times(gconstpointer a, gconstpointer b)
{
	gint64 first = *(const gint64 *)a, second = *(const gint64 *)b;

	return (first > second) - (first < second);
}

static void take_quantiles(guint count)
{
	for (gsize i = 0; i < G_N_ELEMENTS(contenders); i++) {
		struct contender *one = &contenders[i];

		qsort(one->times_us, count, sizeof(*one->times_us), compare_times);
		one->p50_ms = (double)one->times_us[count / 2] / 1000;
		one->p99_ms = (double)one->times_us[(guint)(0.99 * count)] / 1000;
	}
}

static const struct contender *find(enum way way)
{
	for (gsize i = 0; i < G_N_ELEMENTS(contenders); i++) {
		if (contenders[i].way == way)
			return &contenders[i];
	}
	g_assert_not_reached();
}

/* What a record takes is held against the append without what the process takes that waits for it,
 * which has a goal of its own. */
static bool print_record(const struct contender *one)
{
	const struct contender *bare = find(WAY_APPEND);
	double process_ms = one->way == WAY_CALLOUT ? find(WAY_ANSWERED)->p50_ms : 0;
	double p50 = (one->p50_ms - process_ms) / bare->p50_ms;
	bool good = one->goal == 0 || p50 <= one->goal;

	printf("%-16s %9.3f %9.3f", one->name, one->p50_ms, one->p99_ms);
	if (one->goal > 0)
		printf(" %7.2fx %7.2fx %5.0fx%s", p50, (one->p99_ms - process_ms) / bare->p99_ms,
			one->goal, good ? "" : "  missed");
	putchar('\n');
	return good;
}

static bool print_process(void)
{
	const struct contender *callout = find(WAY_ANSWERED), *nothing = find(WAY_TRUE);
	double over_ms = callout->p50_ms - nothing->p50_ms;
	bool good = over_ms < PROCESS_GOAL_MS;

	printf("\n%-16s %9s %9s %9s %6s\n", "PROCESS", "P50 MS", "P99 MS", "OVER MS", "GOAL");
	printf("%-16s %9.3f %9.3f\n", nothing->name, nothing->p50_ms, nothing->p99_ms);
	printf("%-16s %9.3f %9.3f %9.3f %6.0f%s\n", callout->name, callout->p50_ms, callout->p99_ms,
		over_ms, PROCESS_GOAL_MS, good ? "" : "  missed");
	return good;
}

static bool print_all(void)
{
	bool good = true;

	printf("%-16s %9s %9s %8s %8s %6s\n", "RECORD", "P50 MS", "P99 MS", "P50", "P99", "GOAL");
	for (gsize i = 0; i < G_N_ELEMENTS(contenders); i++) {
		if (contenders[i].way <= WAY_CALLOUT)
			good = print_record(&contenders[i]) && good;
	}
	return print_process() && good;
}

static void start_groups(const char *dir, const char *program)
{
	for (gsize i = 0; i < G_N_ELEMENTS(groups); i++) {
		char *fs = g_build_filename(dir, groups[i].what.group, NULL);

		if (g_mkdir(fs, 0700) != 0)
			bench_die("cannot make '%s'", fs);
		groups[i].what.fs = fs;
		groups[i].what.program = program;
		groups[i].node = node_new("node1", true);
		node_serve(groups[i].node, &groups[i].what);
		node_await_phase(groups[i].node, &groups[i].what, "serving", PHASE_LIMIT_S);
	}
}

int main(int argc, char **argv)
{
	g_autofree char *path = NULL;
	const char *dir;
	guint count = argc > 4 ? (guint)atoi(argv[4]) : RECORDS_DEFAULT;

	if (argc < 4 || count == 0 || !g_path_is_absolute(argv[1]) ||
		!g_path_is_absolute(argv[2]) || !g_path_is_absolute(argv[3])) {
		fputs("Usage: record_latency DIRECTORY LOCKFERRY LOCKFERRY-CALLOUT [RECORDS]\n"
		      "Paths must be absolute.\n",
			stderr);
		return 64;
	}
	if (!network_enter())
		bench_die("cannot make a network namespace: run this as root");
	dir = bench_begin(argv[1]);
	callout_program = argv[3];
	path = g_build_filename(dir, "append", NULL);
	append_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (append_fd < 0)
		bench_die("cannot make '%s'", path);
	network_add(ADDRESS);
	start_groups(dir, argv[2]);
	start_answering(dir);
	measure(count);
	take_quantiles(count);
	for (gsize i = 0; i < G_N_ELEMENTS(groups); i++)
		node_free(groups[i].node);
	return print_all() ? 0 : 1;
}
