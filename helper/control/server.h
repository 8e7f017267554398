/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CONTROL_SERVER_H
#define LOCKFERRY_CONTROL_SERVER_H

/*
 * The socket by which a group's process is asked and told: RUNDIR/GROUP.sock. Root may ask
 * everything, one other user (statd's) the one command "record", by the credentials that the kernel
 * has of the peer (unix(7), SO_PEERCRED).
 *
 * What is said over it is in control/message.h, who asks in control/client.h. control_open() -> the
 * call-back for each request, which answers with control_answer() at once or later ->
 * control_close().
 */

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

#endif
