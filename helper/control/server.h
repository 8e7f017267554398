/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CONTROL_SERVER_H
#define LOCKFERRY_CONTROL_SERVER_H

/*
 * The socket for requests to a group's process: RUNDIR/GROUP.sock. Root may make every request. One
 * other user (statd's) may only make "record" requests. The kernel's credentials of the peer decide
 * (unix(7), SO_PEERCRED). control/message.h describes the messages. control/client.h is the other
 * side.
 *
 * Order of calls: control_open() -> the callback is called for each request, which it answers with
 * control_answer() at once or later -> control_close().
 */

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct control control;
typedef struct control_call control_call;

/* Every call must be answered once, even if the request is unknown. */
typedef void (*control_request)(const char *request, control_call *call, void *data);

/*
 * Becomes the process of that group in `run_dir`, which is created if it does not exist.
 * `record_uid` is the user who may make "record" requests. Returns NULL with LF_ERROR_FAILED if
 * another process serves the group; the message has its process id.
 */
control *control_open(const char *run_dir, const char *group, uid_t record_uid,
	control_request request, void *data, GError **error);

/* Sends the answer and ends the call. */
void control_answer(control_call *call, JsonObject *answer);

void control_close(control *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(control, control_close)

#endif
