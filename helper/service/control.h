/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_CONTROL_H
#define LOCKFERRY_SERVICE_CONTROL_H

/*
 * The socket by which a group's process is asked and told: RUNDIR/GROUP.sock. Root may ask
 * everything, one other user (statd's) the one verb "record", by the credentials that the kernel
 * has of the peer (unix(7), SO_PEERCRED).
 *
 * What is said over it is in service/control_message.h. Server: control_open() -> the call-back for
 * each request, which answers with control_answer() at once or later -> control_close(). Client:
 * control_ask().
 */

#include "service/control_message.h"

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct control control;
typedef struct control_call control_call;

/* Must be answered once, also when the request is none that is known. */
typedef void (*control_request)(const char *request, control_call *call, void *data);

/*
 * Be the process of that group, in `run_dir` (made if it isn't there). `record_uid` is the user who
 * may ask to record. Error (failed): another process is already, with its process id.
 */
control *control_open(const char *run_dir, const char *group, uid_t record_uid,
	control_request request, void *data, GError **error);

/* Send the answer and be done with the call. */
void control_answer(control_call *call, JsonObject *answer);

void control_close(control *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(control, control_close)

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

/* The groups that have a socket in `run_dir`, alive or not (sorted char *, the caller frees the
 * array). */
GPtrArray *control_groups(const char *run_dir);

/* Whether any but this group is served on the node, or was since it booted. */
bool control_has_others(const char *run_dir, const char *group);

#endif
