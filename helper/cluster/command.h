/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CLUSTER_COMMAND_H
#define LOCKFERRY_CLUSTER_COMMAND_H

/*
 * Pacemaker's own programs, run with a time limit. Each is in a process group of its own, so that a
 * Ctrl-C at our terminal does not reach it.
 */

#include <glib.h>
#include <stdbool.h>

/* The longest answer that is taken. */
#define COMMAND_MAX_BYTES (16 * 1024 * 1024)

struct command {
	const char *const *argv; /* the program's name first, NULL last */
	guint timeout_ms;        /* after which it is killed */
	bool show_errors;        /* its standard error is ours; else nobody sees it */
};

/*
 * Run it, and take what it prints to standard output; the caller unrefs that. `status` (may be
 * NULL) is its exit status, -1 where a signal ended it: to judge that is the caller's. NULL with
 * `error`: not installed, timeout, failed.
 */
GByteArray *command_run(const struct command *self, int *status, GError **error);

/* What `fd` has, read to its end within the time. */
GByteArray *command_read(int fd, guint timeout_ms, const char *from, GError **error);

#endif
