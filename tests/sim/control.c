/* SPDX-License-Identifier: GPL-2.0-or-later */

/* control/server.h and control/client.h between simulated processes. */

#include "base/error.h"
#include "chance.h"
#include "control/client.h"
#include "control/place.h"
#include "control/server.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define LATENCY_MAX_US 1000

struct control {
	char *socket_path;
	int lock_fd;
	control_request request;
	void *data;
};

/* Freed when both have let go of it. */
struct control_call {
	char *request;
	JsonObject *answer; /* owned; NULL: none yet */
	GArray *asker;      /* the fiber that waits */
	struct process *at;
	guint holders;
};

static void call_unref(control_call *call)
{
	if (--call->holders > 0)
		return;
	g_clear_pointer(&call->answer, json_object_unref);
	g_array_unref(call->asker);
	g_free(call->request);
	g_free(call);
}

static void make_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT, 0600);

	if (fd >= 0)
		close(fd);
}

control *control_open(const char *run_dir, const char *group, uid_t record_uid G_GNUC_UNUSED,
	control_request request, void *data, GError **error)
{
	struct process *process = (struct process *)sim_actor;
	g_autofree char *lock_path = control_lock_path(run_dir, group);
	control *self;

	if (process_find_of(process->node, group) != NULL) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"another process serves group '%s' already", group);
		return NULL;
	}
	self = g_new0(control, 1);
	self->socket_path = control_socket_path(run_dir, group);
	self->request = request;
	self->data = data;
	make_file(lock_path);
	make_file(self->socket_path);
	process->socket = self;
	return self;
}

void control_close(control *self)
{
	if (self == NULL)
		return;
	((struct process *)sim_actor)->socket = NULL;
	if (!actor_is_dead())
		unlink(self->socket_path);
	g_free(self->socket_path);
	g_free(self);
}

void control_answer(control_call *call, JsonObject *answer)
{
	if (call->answer == NULL && !actor_is_dead()) {
		call->answer = json_object_ref(answer);
		fiber_wake_all(call->asker);
	}
	call_unref(call);
}

static void deliver(void *data)
{
	control_call *call = data;
	const control *socket = call->at->socket;

	if (socket != NULL)
		socket->request(call->request, call, socket->data);
}

JsonObject *control_ask(const char *run_dir G_GNUC_UNUSED, const char *group, const char *request,
	guint timeout_ms, GError **error)
{
	gint64 until_us = sim_now() + (gint64)timeout_ms * 1000;
	struct process *at = process_find_of(sim_actor->node, group);
	control_call *call;
	JsonObject *answer = NULL;

	if (at == NULL || at->socket == NULL || actor_is_dead()) {
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_RUNNING,
			"no process serves group '%s' on this node", group);
		return NULL;
	}
	call = g_new0(control_call, 1);
	call->request = g_strdup(request);
	call->asker = g_array_new(FALSE, FALSE, sizeof(guint));
	call->at = at;
	call->holders = 2;
	sim_after(chance_us(10, LATENCY_MAX_US), &at->actor, deliver, call);
	while (call->answer == NULL && sim_now() < until_us && !at->actor.dead && !actor_is_dead())
		fiber_park_until(call->asker, until_us);
	if (call->answer != NULL)
		answer = json_object_ref(call->answer);
	else
		g_set_error(error, LF_ERROR, at->actor.dead ? LF_ERROR_FAILED : LF_ERROR_TIMEOUT,
			"the process of group '%s' did not answer within %u ms", group, timeout_ms);
	call_unref(call);
	return answer;
}

void control_kill(const char *run_dir G_GNUC_UNUSED, const char *group)
{
	struct process *at = process_find_of(sim_actor->node, group);

	if (at != NULL)
		cluster_kill_soon(at);
}

void control_forget(const char *run_dir, const char *group)
{
	g_autofree char *path = control_socket_path(run_dir, group);

	if (process_find_of(sim_actor->node, group) == NULL)
		unlink(path);
}

bool control_wait_gone(
	const char *run_dir G_GNUC_UNUSED, const char *group, guint timeout_ms, GError **error)
{
	gint64 until_us = sim_now() + (gint64)timeout_ms * 1000;

	while (process_find_of(sim_actor->node, group) != NULL && !actor_is_dead()) {
		if (sim_now() >= until_us) {
			g_set_error(error, LF_ERROR, LF_ERROR_TIMEOUT,
				"the process of group '%s' is still there", group);
			return false;
		}
		fiber_sleep(10000);
	}
	return true;
}
