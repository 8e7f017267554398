/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CONTROL_CLIENT_H
#define LOCKFERRY_CONTROL_CLIENT_H

/* Asks a group's process (control/server.h), ends it, and waits for its end. Blocks. */

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

/*
 * Ask the process of `group`, and wait for at most `timeout_ms`. The caller unrefs the answer.
 * Errors: not running if there is no such process, timeout if it does not answer, privilege if we
 * are not allowed to ask.
 */
JsonObject *control_ask(const char *run_dir, const char *group, const char *request,
	guint timeout_ms, GError **error);

/* Kill the process of the group with SIGKILL, if there is one. */
void control_kill(const char *run_dir, const char *group);

/* Remove the socket of a process that died. */
void control_forget(const char *run_dir, const char *group);

/* Wait for at most `timeout_ms` until no process serves the group. Error: timeout. */
bool control_wait_gone(const char *run_dir, const char *group, guint timeout_ms, GError **error);

#endif
