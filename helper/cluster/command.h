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
	guint timeout_ms;        /* the program is killed after this time */
	bool show_errors;        /* pass its standard error on to ours; otherwise discard it */
};

/*
 * Runs the program, and returns its standard output; the caller unrefs it. `status` (may be NULL)
 * gets the exit status, or -1 if a signal ended the program; the caller must judge it. Returns NULL
 * with `error`: not installed, timeout, failed.
 */
GByteArray *command_run(const struct command *self, int *status, GError **error);

/* Reads `fd` to its end within `timeout_ms`. `from` names it in errors. */
GByteArray *command_read(int fd, guint timeout_ms, const char *from, GError **error);

#endif
