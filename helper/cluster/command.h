/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CLUSTER_COMMAND_H
#define LOCKFERRY_CLUSTER_COMMAND_H

/*
 * Runs Pacemaker's own programs with a time limit. Each runs in its own process group, so that
 * Ctrl-C at our terminal does not reach it.
 */

#include <glib.h>
#include <stdbool.h>

/*
 * From now on each is run in the network, mount and UTS namespaces of process 1, by nsenter(1): for
 * a process in a group's own namespaces. Pacemaker listens at abstract sockets (libqb), and those
 * belong to a network namespace (unix(7)). Call it before the first thread begins.
 */
void command_run_outside(void);

/* The longest output that is accepted. */
#define COMMAND_MAX_BYTES (16 * 1024 * 1024)

struct command {
	const char *const *argv; /* the program's name first, NULL last */
	guint timeout_ms;        /* it is killed after this time */
	bool show_errors;        /* pass its standard error on to ours; otherwise it is discarded */
};

/*
 * Run it, and return its standard output; the caller unrefs that. `status` (may be NULL) is its
 * exit status, -1 if a signal ended it; the caller must judge it. NULL with `error`: not installed,
 * timeout, failed.
 */
GByteArray *command_run(const struct command *self, int *status, GError **error);

/* Read `fd` to its end within the time. */
GByteArray *command_read(int fd, guint timeout_ms, const char *from, GError **error);

#endif
