/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_BASE_CHILD_H
#define LOCKFERRY_BASE_CHILD_H

/*
 * Runs another program with a time limit, and takes what it writes. It runs in its own process
 * group, so that Ctrl-C at our terminal does not reach it. Blocks.
 */

#include <glib.h>
#include <stdbool.h>

/* The longest output that is accepted. */
#define CHILD_MAX_BYTES (16 * 1024 * 1024)

/* Its standard error. */
enum child_errors {
	CHILD_ERRORS_DISCARD,
	CHILD_ERRORS_PASS, /* on to ours */
	CHILD_ERRORS_TAKE, /* with its standard output */
};

struct child {
	const char *const *argv; /* the path first, NULL last */
	const char *name;        /* in errors */
	guint timeout_ms;        /* it is killed after this time */
	enum child_errors errors;
};

/*
 * Returns its output; the caller unrefs it. `status` gets the exit status, or -1 if a signal ended
 * it. Returns NULL with `error`: not installed (it cannot be run), timeout, failed. One that hangs
 * in the kernel does not go when it is killed, and is left.
 */
GByteArray *child_run(const struct child *self, int *status, GError **error);

/* Reads `fd` to its end within `timeout_ms`. `from` names it in errors. */
GByteArray *child_read(int fd, guint timeout_ms, const char *from, GError **error);

#endif
