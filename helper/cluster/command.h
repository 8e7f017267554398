/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CLUSTER_COMMAND_H
#define LOCKFERRY_CLUSTER_COMMAND_H

/* Runs Pacemaker's own programs (base/child.h). */

#include <glib.h>
#include <stdbool.h>

/*
 * From now on each is run in the network, mount and UTS namespaces of process 1, by nsenter(1): for
 * a process in a group's own namespaces. Pacemaker listens at abstract sockets (libqb), and those
 * belong to a network namespace (unix(7)). Call it before the first thread begins.
 */
void command_run_outside(void);

struct command {
	const char *const *argv; /* the program's name first, NULL last */
	guint timeout_ms;        /* the program is killed after this time */
	bool show_errors;        /* pass its standard error on to ours; otherwise discard it */
};

/*
 * Runs the program, and returns its standard output; the caller unrefs it. `status` (may be NULL)
 * gets the exit status, or -1 if a signal ended the program; the caller must judge it. Returns NULL
 * with `error`: not installed, timeout, failed.
 */
GByteArray *command_run(const struct command *self, int *status, GError **error);

#endif
