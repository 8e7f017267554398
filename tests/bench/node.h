/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_NODE_H
#define LOCKFERRY_TESTS_NODE_H

/*
 * A node whose kernel and statd are files, and whose group is served by the real `lockferry serve`,
 * for the benches that measure it from outside.
 *
 * network_enter() (tests/unit/network.h), so that addresses come and go unseen -> bench_begin() ->
 * node_new() -> node_fill() -> node_serve() -> node_monitor(), node_status(), node_usage() ->
 * node_stop() -> node_free(), which removes the node. Every failure ends the bench; with it end its
 * processes, and what it made is removed.
 */

#include "../unit/scratch.h"

#include <json-glib/json-glib.h>

/* As statd writes it: the client, the server. */
#define NODE_RECORD "0100007f 000186b5 00000003 00000010 000cdda50c0000000070b67400000000 %s %s\n"

/* What is served, wherever it is: all borrowed. */
struct served {
	const char *program; /* the path of `lockferry` */
	const char *group;
	const char *backend;
	const char *fs; /* the group's filesystem; its store is "store" in there */
	const char *address;
};

typedef struct node {
	const char *name; /* borrowed */
	scratch *files;
	const char *sm_dir;
	const char *run_dir;
	pid_t pid; /* of the group's process; 0: none */
} node;

/* What a process takes. Source: proc(5). */
struct usage {
	double resident_mib; /* VmRSS */
	double peak_mib;     /* VmHWM */
	double cpu_ms;       /* user and system */
};

/*
 * Make a directory for stores in `parent`; nodes are made in TMPDIR, for statd's directory is
 * seldom on the disk of the group. Returns its path.
 */
const char *bench_begin(const char *parent);

/* With an NFS server that runs, in its grace period or (grace_ended) after it. */
node *node_new(const char *name, bool grace_ended);
void node_end_grace(node *self);
void node_free(node *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(node, node_free)

/* The name of the client of that number: an address, and no two are the same. The caller frees it.
 */
char *node_client(guint number);

/* statd monitors a client: its record appears by a rename. Returns when that was done, in
 * g_get_monotonic_time(). */
gint64 node_monitor(node *self, const char *client);

/* The same for so many, before the group is served. */
void node_fill(node *self, guint count);

/* How many files are in statd's directory. */
guint node_count_records(const node *self);

/* Serve the group. Returns when it is adopted, with the seconds that took since the program was
 * started. */
double node_serve(node *self, const struct served *what);

/* What `lockferry status` gets. The caller unrefs it. */
JsonObject *node_status(const node *self, const struct served *what);

/* Wait until a member of the status is so; `limit_s` at most. Returns the seconds that took. */
double node_await_phase(
	const node *self, const struct served *what, const char *phase, guint limit_s);
double node_await_count(const node *self, const struct served *what, const char *member,
	gint64 count, guint limit_s);

struct usage node_usage(const node *self);

/* As the agent does; the address must be gone. Returns the seconds that took. */
double node_stop(node *self, const struct served *what);

/* The end of a bench: say why. */
void bench_die(const char *format, ...) G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN;

#endif
