/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_LIFE_H
#define LOCKFERRY_KEEPER_LIFE_H

/*
 * A group's own NFS server from the outside: starts and stops all of it, in the order that is safe.
 * Runs on the node, outside of the group's namespaces, and blocks. One process at a time does so
 * for a group.
 *
 * Start: namespaces, link and keeper; then the group's process within them, which decides whether
 * the group is ours and has the keeper start the server; then the addresses. Stop: the same
 * backwards, each step proven.
 *
 * What a former life left is found by the namespace's name and GROUP.conf. A start takes it over,
 * or cleans it up if it was for other parameters and its keeper is dead.
 */

#include "keeper/server_options.h"

#include <glib.h>
#include <stdbool.h>

/*
 * Fill in what depends on this node (the directory without links, the devices, the NIC), and check
 * it. Errors: not installed (a program, a kernel module, the mounted filesystem or a network
 * interface is missing), argument, failed.
 */
bool life_check_node(server_options *options, GError **error);

/*
 * `*status` gets the exit status of the group's process if that was what failed; it has said why on
 * stderr then, and `error` is not set. Where nothing was started, nothing is left after a failure.
 */
bool life_start(server_options *options, gint64 deadline_us, int *status, GError **error);

/* What stopping found. */
struct life_stop {
	bool was_there; /* something of the server */
	bool released;  /* the group's process handed the group over */
};

bool life_stop(const char *run_dir, const char *group, gint64 deadline_us, struct life_stop *result,
	GError **error);

/* The keeper's process; 0: none runs. */
pid_t life_keeper(const char *run_dir, const char *group);

/* Start a keeper for what RUN_DIR/server/GROUP.conf says, unless one runs. */
bool life_have_keeper(const char *run_dir, const char *group, gint64 deadline_us, GError **error);

/* The path of this program, for exec(2) there: inside or outside of the namespaces. */
char *life_program(void);

#endif
