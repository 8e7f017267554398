/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CONTROL_CLIENT_H
#define LOCKFERRY_CONTROL_CLIENT_H

/* Asks a group's process (control/server.h), kills it, and waits for its end. These functions
 * block. */

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

/*
 * Asks the process of `group`, and waits at most `timeout_ms`. The caller unrefs the answer. The
 * error is LF_ERROR_NOT_RUNNING if there is no such process, LF_ERROR_TIMEOUT if it does not
 * answer, and LF_ERROR_PRIVILEGE if we may not ask.
 */
JsonObject *control_ask(const char *run_dir, const char *group, const char *request,
	guint timeout_ms, GError **error);

/* Kills the process of the group with SIGKILL, if there is one. */
void control_kill(const char *run_dir, const char *group);

/* Removes the socket of a process that died. */
void control_forget(const char *run_dir, const char *group);

/* Waits at most `timeout_ms` until no process serves the group. The error is LF_ERROR_TIMEOUT. */
bool control_wait_gone(const char *run_dir, const char *group, guint timeout_ms, GError **error);

#endif
