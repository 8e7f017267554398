/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/server.h"

#include "base/error.h"
#include "base/fd.h"
#include "control/message.h"
#include "control/place.h"
#include "report/report.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_SUFFIX ".new"
#define BACKLOG 64

/* How long to wait for a peer that does not read its answer. */
#define SEND_TIMEOUT_S 2

/* How long to wait for a peer that connected but sends no request. */
#define REQUEST_TIMEOUT_S 5

/* The limit of connections, far below the limit of a process's descriptors. */
#define CALLS_MAX 256

struct control {
	char *socket_path;
	int lock_fd;
	int listen_fd;
	guint source;
	uid_t record_uid;
	control_request request;
	void *data;
	GPtrArray *calls; /* of control_call: calls that are not answered yet */
};

struct control_call {
	control *owner;
	int fd;
	uid_t peer;
	guint source;  /* while its request is read */
	guint timeout; /* while its request is read */
	gsize length;
	char text[CONTROL_REQUEST_MAX_BYTES];
};

static void call_free(control_call *call)
{
	g_clear_handle_id(&call->source, g_source_remove);
	g_clear_handle_id(&call->timeout, g_source_remove);
	close(call->fd);
	g_free(call);
}

void control_answer(control_call *call, JsonObject *answer)
{
	g_autofree char *json = report_to_json(answer, false);

	/* If the peer is gone, it does not need the answer. */
	fd_send_all(call->fd, json, strlen(json));
	g_ptr_array_remove_fast(call->owner->calls, call);
}

static void deny(control_call *call)
{
	g_autoptr(JsonObject) answer = json_object_new();

	json_object_set_boolean_member(answer, "denied", TRUE);
	control_answer(call, answer);
}

static gboolean call_readable(gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
	control_call *call = data;
	gssize got = recv(
		fd, call->text + call->length, sizeof(call->text) - call->length, MSG_DONTWAIT);
	enum control_progress progress;
	gsize line_length = 0;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return G_SOURCE_CONTINUE;
	call->length += got > 0 ? (gsize)got : 0;
	progress = control_read_request(call->text, call->length, &line_length);
	if (progress == CONTROL_PART && got > 0)
		return G_SOURCE_CONTINUE;
	call->source = 0;
	g_clear_handle_id(&call->timeout, g_source_remove);
	if (progress != CONTROL_WHOLE) {
		/* Incomplete, or not a valid request. */
		g_ptr_array_remove_fast(call->owner->calls, call);
		return G_SOURCE_REMOVE;
	}
	call->text[line_length] = '\0';
	if (control_allows(call->text, call->peer, geteuid(), call->owner->record_uid))
		call->owner->request(call->text, call, call->owner->data);
	else
		deny(call);
	return G_SOURCE_REMOVE;
}

static gboolean call_is_silent(gpointer data)
{
	control_call *call = data;

	call->timeout = 0;
	g_ptr_array_remove_fast(call->owner->calls, call);
	return G_SOURCE_REMOVE;
}

/* Makes room for a new call by closing the oldest calls that have sent no request yet. Returns
 * false if all have sent one. */
static bool make_room(control *self)
{
	for (guint i = 0; self->calls->len >= CALLS_MAX && i < self->calls->len; i++) {
		const control_call *call = g_ptr_array_index(self->calls, i);

		if (call->source != 0)
			g_ptr_array_remove_index(self->calls, i--);
	}
	return self->calls->len < CALLS_MAX;
}

static gboolean accept_call(gint listen_fd, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
	struct timeval patience = {.tv_sec = SEND_TIMEOUT_S};
	control *self = data;
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
	struct ucred peer;
	socklen_t size = sizeof(peer);
	control_call *call;

	if (fd < 0)
		return G_SOURCE_CONTINUE;
	if (!make_room(self) || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
		close(fd);
		return G_SOURCE_CONTINUE;
	}
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	call = g_new0(control_call, 1);
	call->owner = self;
	call->fd = fd;
	call->peer = peer.uid;
	g_ptr_array_add(self->calls, call);
	/* Others are denied before their request is read. Otherwise a stranger could keep
	 * connections open that others need. */
	if (control_knows(peer.uid, geteuid(), self->record_uid)) {
		call->source = g_unix_fd_add(fd, G_IO_IN | G_IO_HUP, call_readable, call);
		call->timeout = g_timeout_add_seconds(REQUEST_TIMEOUT_S, call_is_silent, call);
	} else {
		deny(call);
	}
	return G_SOURCE_CONTINUE;
}

/* statd's user searches this directory for the groups' sockets, so its mode must not depend on
 * our umask. Pacemaker's daemons have umask 026. */
static bool make_run_dir(const char *run_dir, GError **error)
{
	struct stat st;

	if (g_mkdir_with_parents(run_dir, 0755) == 0 && stat(run_dir, &st) == 0 &&
		((st.st_mode & 0555) == 0555 || chmod(run_dir, (st.st_mode & 07777) | 0555) == 0))
		return true;
	lf_error_set_errno(error, LF_ERROR_FAILED, "cannot make '%s'", run_dir);
	return false;
}

/* The lock proves that the process lives: the kernel drops it when the process ends in any way. A
 * socket file stays behind. */
static bool take_lock(control *self, const char *run_dir, const char *group, GError **error)
{
	g_autofree char *path = control_lock_path(run_dir, group);
	char pid[32] = "";

	if (!make_run_dir(run_dir, error))
		return false;
	self->lock_fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (self->lock_fd < 0) {
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot open '%s'", path);
		return false;
	}
	if (flock(self->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		if (read(self->lock_fd, pid, sizeof(pid) - 1) <= 0)
			g_strlcpy(pid, "unknown", sizeof(pid));
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"group '%s' is served already, by process %s: if that process belongs to another resource, give each resource a 'group' of its own; otherwise stop it: 'lockferry stop --group %s'",
			group, g_strchomp(pid), group);
		return false;
	}
	g_snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (ftruncate(self->lock_fd, 0) == 0 && pwrite(self->lock_fd, pid, strlen(pid), 0) > 0)
		return true;
	lf_error_set_errno(error, LF_ERROR_FAILED, "cannot write '%s'", path);
	return false;
}

/* Only root can write to the directory, so the path is the socket that was just bound. */
static bool give_to_recorder(const control *self, const char *path)
{
	return self->record_uid == geteuid() || geteuid() != 0 ||
	       lchown(path, self->record_uid, (gid_t)-1) == 0;
}

/* The socket is bound under a temporary name, and has its queue and its owner before it gets its
 * final name. Until then, the final name can only be that of a crashed process. */
static bool listen_at(control *self, GError **error)
{
	g_autofree char *new_path = g_strconcat(self->socket_path, NEW_SUFFIX, NULL);
	struct sockaddr_un address = {0};
	mode_t mask;
	bool bound;

	if (!control_address(new_path, &address, error))
		return false;
	self->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	g_unlink(new_path);
	/* Anyone who may connect can fill the queue. So only root and statd's user may. */
	mask = umask(0177);
	bound = self->listen_fd >= 0 &&
		bind(self->listen_fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
		give_to_recorder(self, new_path) && listen(self->listen_fd, BACKLOG) == 0 &&
		rename(new_path, self->socket_path) == 0;
	umask(mask);
	if (!bound)
		lf_error_set_errno(
			error, LF_ERROR_FAILED, "cannot listen at '%s'", self->socket_path);
	return bound;
}

control *control_open(const char *run_dir, const char *group, uid_t record_uid,
	control_request request, void *data, GError **error)
{
	g_autoptr(control) self = g_new0(control, 1);

	self->lock_fd = -1;
	self->listen_fd = -1;
	self->record_uid = record_uid;
	self->request = request;
	self->data = data;
	self->calls = g_ptr_array_new_with_free_func((GDestroyNotify)call_free);
	if (!take_lock(self, run_dir, group, error))
		return NULL;
	self->socket_path = control_socket_path(run_dir, group);
	if (!listen_at(self, error))
		return NULL;
	self->source = g_unix_fd_add(self->listen_fd, G_IO_IN, accept_call, self);
	return g_steal_pointer(&self);
}

void control_close(control *self)
{
	if (self == NULL)
		return;
	g_clear_handle_id(&self->source, g_source_remove);
	g_ptr_array_unref(self->calls);
	if (self->listen_fd >= 0) {
		g_unlink(self->socket_path);
		close(self->listen_fd);
	}
	/* The lock's file stays: if it were removed, two processes could hold locks of the same
	 * name. */
	if (self->lock_fd >= 0)
		close(self->lock_fd);
	g_free(self->socket_path);
	g_free(self);
}
