/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CONTROL_CLIENT_H
#define LOCKFERRY_CONTROL_CLIENT_H

/* Who asks a group's process (control/server.h), ends it, and waits for its end. Blocks. */

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

/*
 * Ask the process of `group`, and wait for at most `timeout_ms`. The caller unrefs the answer.
 * Errors: not running when there's no such process, time-out when it doesn't answer, privilege when
 * we may not ask.
 */
JsonObject *control_ask(const char *run_dir, const char *group, const char *request,
	guint timeout_ms, GError **error);

/* Kill the process of the group with SIGKILL, if there's one. */
void control_kill(const char *run_dir, const char *group);

/* The process of the group died, and nobody needs what is left of its socket any more. */
void control_forget(const char *run_dir, const char *group);

/* Wait for at most `timeout_ms` until no process serves the group. Error: time-out. */
bool control_wait_gone(const char *run_dir, const char *group, guint timeout_ms, GError **error);

#endif
