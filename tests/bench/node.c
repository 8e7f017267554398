/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node.h"

#include "control/client.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOCKD_PID 77
#define LOCKD_TICK 1000

/* Without it no client would be recorded. */
#define STATD_PID "99999"

/* As many as a server has: whoever looks for statd or lockd looks at each. */
#define PROCESSES 200
#define PROCESS_FIRST 1000
#define ADOPTION_LIMIT_S 600
#define STATUS_TIMEOUT_MS 60000
#define POLL_US 2000
#define OPTIONS_MAX 32

/* What is removed when the bench ends. */
static char *stores, *nodes;
static GPtrArray *living; /* of node */

static void remove_tree(char *path)
{
	const char *words[] = {"rm", "-rf", "--", path, NULL};

	g_spawn_sync(NULL, (char **)words, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
		NULL);
	g_free(path);
}

static void kill_process(node *self)
{
	if (self->pid <= 0)
		return;
	kill(self->pid, SIGKILL);
	waitpid(self->pid, NULL, 0);
	self->pid = 0;
}

static void clean_up(void)
{
	for (guint i = 0; i < living->len; i++)
		kill_process(g_ptr_array_index(living, i));
	remove_tree(stores);
	remove_tree(nodes);
}

static char *make_tree(const char *parent)
{
	char *path = g_build_filename(parent, "lockferry-bench.XXXXXX", NULL);

	if (g_mkdtemp(path) == NULL)
		bench_die("cannot make a directory in '%s'", parent);
	return path;
}

const char *bench_begin(const char *parent)
{
	const char *tmp = g_getenv("TMPDIR");

	stores = make_tree(parent);
	nodes = make_tree(tmp != NULL ? tmp : "/tmp");
	living = g_ptr_array_new();
	/* Where scratch_new() makes its directories. */
	g_setenv("TMPDIR", nodes, TRUE);
	atexit(clean_up);
	return stores;
}

void bench_die(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

static double seconds_since(gint64 began_us)
{
	return (double)(g_get_monotonic_time() - began_us) / G_USEC_PER_SEC;
}

static void make_processes(scratch *files)
{
	for (int pid = PROCESS_FIRST; pid < PROCESS_FIRST + PROCESSES; pid++) {
		g_autofree char *name = g_strdup_printf("proc/%d/stat", pid);
		g_autofree char *text = g_strdup_printf(
			"%d (process) S 1 0 0 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 %d 0\n", pid,
			pid);

		scratch_write(files, name, text);
	}
	scratch_write(files, "proc/" STATD_PID "/stat",
		STATD_PID " (rpc.statd) S 1 0 0 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 700 0\n");
}

node *node_new(const char *name, bool grace_ended)
{
	node *self = g_new0(node, 1);

	self->name = name;
	self->files = scratch_new();
	self->sm_dir = scratch_mkdir(self->files, "sm");
	self->run_dir = scratch_mkdir(self->files, "run");
	scratch_set_boot(self->files, name);
	make_processes(self->files);
	scratch_set_lockd(self->files, LOCKD_PID, LOCKD_TICK);
	scratch_set_server(self->files, 8, grace_ended ? "Y" : "N");
	g_ptr_array_add(living, self);
	return self;
}

void node_end_grace(node *self)
{
	scratch_set_server(self->files, 8, "Y");
}

void node_free(node *self)
{
	if (self == NULL)
		return;
	g_ptr_array_remove_fast(living, self);
	kill_process(self);
	scratch_free(self->files);
	g_free(self);
}

char *node_client(guint number)
{
	/* Scattered, for clients come in no order; the multiplier is odd, so none comes twice. */
	guint scattered = number * 2654435761u & 0x3fffff;

	return g_strdup_printf(
		"127.%u.%u.%u", 64 + (scattered >> 16), scattered >> 8 & 255, scattered & 255);
}

/* Without a scratch_path() each, which would all be kept. */
static void write_record(const node *self, const char *file, const char *client)
{
	g_autofree char *path = g_build_filename(self->sm_dir, file, NULL);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || dprintf(fd, NODE_RECORD, client, self->name) < 0)
		bench_die("cannot write '%s'", path);
	close(fd);
}

gint64 node_monitor(node *self, const char *client)
{
	gint64 began_us;

	g_autofree char *file = g_strdup_printf(".%s.new", client);
	g_autofree char *from = g_build_filename(self->sm_dir, file, NULL);
	g_autofree char *to = g_build_filename(self->sm_dir, client, NULL);

	write_record(self, file, client);
	began_us = g_get_monotonic_time();
	if (rename(from, to) != 0)
		bench_die("cannot rename '%s'", from);
	return began_us;
}

void node_fill(node *self, guint count)
{
	for (guint i = 0; i < count; i++) {
		g_autofree char *client = node_client(i);

		write_record(self, client, client);
	}
}

guint node_count_records(const node *self)
{
	g_autoptr(GDir) dir = g_dir_open(self->sm_dir, 0, NULL);
	guint count = 0;

	while (g_dir_read_name(dir) != NULL)
		count++;
	return count;
}

/* The end of it is NULL; the caller frees it. */
static char **command_line(const node *self, const struct served *what, const char *command)
{
	GPtrArray *words = g_ptr_array_new();
	const char *const pairs[][2] = {
		{"--group", what->group},
		{"--export", what->fs},
		{"--ip", what->address},
		{"--sm-dir", self->sm_dir},
		{"--run-dir", self->run_dir},
		{"--nfsd-dir", self->files->kernel.nfsd_dir},
		{"--lockd-dir", self->files->kernel.lockd_dir},
		{"--proc-dir", self->files->kernel.proc_dir},
	};

	g_ptr_array_add(words, g_strdup(what->program));
	g_ptr_array_add(words, g_strdup(command));
	g_ptr_array_add(words, g_strdup_printf("--store=%s/store", what->fs));
	for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_ptr_array_add(words, g_strdup(pairs[i][0]));
		g_ptr_array_add(words, g_strdup(pairs[i][1]));
	}
	if (g_str_equal(command, "serve")) {
		g_ptr_array_add(words, g_strdup_printf("--node=%s", self->name));
		g_ptr_array_add(words, g_strdup_printf("--backend=%s", what->backend));
	}
	g_ptr_array_add(words, NULL);
	return (char **)g_ptr_array_free(words, FALSE);
}

/* A child that ends with us; what it says is in the node's file "log". */
static pid_t start(const node *self, const struct served *what, const char *command)
{
	g_auto(GStrv) words = command_line(self, what, command);
	const char *log = scratch_path(self->files, "log");
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		execv(words[0], words);
		_exit(127);
	}
	if (pid < 0)
		bench_die("cannot start '%s'", words[0]);
	return pid;
}

static void die_with_log(const node *self, const char *what)
{
	g_autofree char *log = scratch_read(self->files, "log");

	bench_die("%s: %s; its log:\n%s", self->name, what, log != NULL ? log : "");
}

static bool has_ended(const node *self)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)self->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == self->pid;
}

static bool is_adopted(const node *self, const struct served *what)
{
	g_autoptr(JsonObject) status =
		control_ask(self->run_dir, what->group, "status", STATUS_TIMEOUT_MS, NULL);

	return status != NULL &&
	       !g_str_equal(json_object_get_string_member(status, "phase"), "adopting");
}

double node_serve(node *self, const struct served *what)
{
	gint64 began_us = g_get_monotonic_time();

	self->pid = start(self, what, "serve");
	while (!is_adopted(self, what)) {
		if (has_ended(self) || seconds_since(began_us) > ADOPTION_LIMIT_S)
			die_with_log(self, "the group was not adopted");
		g_usleep(POLL_US);
	}
	return seconds_since(began_us);
}

JsonObject *node_status(const node *self, const struct served *what)
{
	g_autoptr(GError) error = NULL;
	JsonObject *status =
		control_ask(self->run_dir, what->group, "status", STATUS_TIMEOUT_MS, &error);

	if (status == NULL)
		die_with_log(self, error->message);
	return status;
}

double node_await_phase(
	const node *self, const struct served *what, const char *phase, guint limit_s)
{
	gint64 began_us = g_get_monotonic_time();

	for (;;) {
		g_autoptr(JsonObject) status = node_status(self, what);

		if (g_str_equal(json_object_get_string_member(status, "phase"), phase))
			return seconds_since(began_us);
		if (seconds_since(began_us) > limit_s)
			die_with_log(self, "the phase did not change");
		g_usleep(POLL_US);
	}
}

double node_await_count(const node *self, const struct served *what, const char *member,
	gint64 count, guint limit_s)
{
	gint64 began_us = g_get_monotonic_time();

	for (;;) {
		g_autoptr(JsonObject) status = node_status(self, what);

		if (json_object_get_int_member(status, member) >= count)
			return seconds_since(began_us);
		if (seconds_since(began_us) > limit_s)
			die_with_log(self, "the clients did not become that many");
		/* A status looks at all clients: not so often that it is what is measured. */
		g_usleep(50 * POLL_US);
	}
}

static double number_behind(const char *text, const char *key)
{
	const char *at = text != NULL ? strstr(text, key) : NULL;

	return at != NULL ? g_ascii_strtod(at + strlen(key), NULL) : 0;
}

struct usage node_usage(const node *self)
{
	g_autofree char *status_path = g_strdup_printf("/proc/%d/status", (int)self->pid);
	g_autofree char *stat_path = g_strdup_printf("/proc/%d/stat", (int)self->pid);
	g_autofree char *status = NULL;
	g_autofree char *stat = NULL;
	unsigned long user = 0, system = 0;

	if (!g_file_get_contents(status_path, &status, NULL, NULL) ||
		!g_file_get_contents(stat_path, &stat, NULL, NULL) ||
		sscanf(strrchr(stat, ')'), ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
			&user, &system) != 2)
		bench_die("cannot read '%s'", status_path);
	return (struct usage){
		.resident_mib = number_behind(status, "VmRSS:") / 1024,
		.peak_mib = number_behind(status, "VmHWM:") / 1024,
		.cpu_ms = (double)(user + system) * 1000 / (double)sysconf(_SC_CLK_TCK),
	};
}

double node_stop(node *self, const struct served *what)
{
	gint64 began_us = g_get_monotonic_time();
	pid_t pid = start(self, what, "stop");
	int status;

	if (waitpid(pid, &status, 0) != pid || status != 0)
		die_with_log(self, "the stop failed");
	waitpid(self->pid, NULL, 0);
	self->pid = 0;
	return seconds_since(began_us);
}
