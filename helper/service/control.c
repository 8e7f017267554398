/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/control.h"

#include "base/error.h"
#include "report/report.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define GONE_POLL_US (10 * 1000)

#define SOCKET_SUFFIX ".sock"
#define NEW_SUFFIX ".new"
#define LOCK_SUFFIX ".lock"
#define BACKLOG 64

/* A peer that doesn't read its answer is given this long. */
#define SEND_TIMEOUT_S 2

/* A peer that connected and asks nothing is given this long. */
#define REQUEST_TIMEOUT_S 5

/* So many connections at a time, far below what a process may have open. */
#define CALLS_MAX 256

struct control {
	char *socket_path;
	int lock_fd;
	int listen_fd;
	guint source;
	uid_t record_uid;
	control_request request;
	void *data;
	GPtrArray *calls; /* of control_call: those not answered yet */
};

struct control_call {
	control *owner;
	int fd;
	uid_t peer;
	guint source;  /* while its request is read */
	guint timeout; /* likewise */
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

static bool send_all(int fd, const char *text)
{
	gsize length = strlen(text);

	while (length > 0) {
		gssize sent = send(fd, text, length, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return false;
		text += sent;
		length -= (gsize)sent;
	}
	return true;
}

void control_answer(control_call *call, JsonObject *answer)
{
	g_autofree char *json = report_to_json(answer, false);

	/* A peer that went away meanwhile has no need of it. */
	send_all(call->fd, json);
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
		/* Cut off, or no request of ours. */
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

/* The oldest that has not asked yet makes room for a new one; false: all have asked. */
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
	/* Not after the request: whoever keeps connections open takes them from others. */
	if (control_knows(peer.uid, geteuid(), self->record_uid)) {
		call->source = g_unix_fd_add(fd, G_IO_IN | G_IO_HUP, call_readable, call);
		call->timeout = g_timeout_add_seconds(REQUEST_TIMEOUT_S, call_is_silent, call);
	} else {
		deny(call);
	}
	return G_SOURCE_CONTINUE;
}

/* statd's user looks in it for the groups' sockets, whatever our umask is: that of Pacemaker's
 * daemons is 026. */
static bool make_run_dir(const char *run_dir, GError **error)
{
	struct stat st;

	if (g_mkdir_with_parents(run_dir, 0755) == 0 && stat(run_dir, &st) == 0 &&
		((st.st_mode & 0555) == 0555 || chmod(run_dir, (st.st_mode & 07777) | 0555) == 0))
		return true;
	lf_error_set_errno(error, LF_ERROR_FAILED, "can't make '%s'", run_dir);
	return false;
}

/* A lock that the kernel drops with the process, however it ends, tells of a living one; a socket
 * file doesn't. */
static bool take_lock(control *self, const char *run_dir, const char *group, GError **error)
{
	g_autofree char *path = g_strdup_printf("%s/%s" LOCK_SUFFIX, run_dir, group);
	char pid[32] = "";

	if (!make_run_dir(run_dir, error))
		return false;
	self->lock_fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (self->lock_fd < 0) {
		lf_error_set_errno(error, LF_ERROR_FAILED, "can't open '%s'", path);
		return false;
	}
	if (flock(self->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		if (read(self->lock_fd, pid, sizeof(pid) - 1) <= 0)
			g_strlcpy(pid, "unknown", sizeof(pid));
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"group '%s' is served by process %s already: if that is another "
			"resource's, give each a 'group' of its own; else 'lockferry stop "
			"--group %s' stops it",
			group, g_strchomp(pid), group);
		return false;
	}
	g_snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (ftruncate(self->lock_fd, 0) == 0 && pwrite(self->lock_fd, pid, strlen(pid), 0) > 0)
		return true;
	lf_error_set_errno(error, LF_ERROR_FAILED, "can't write '%s'", path);
	return false;
}

static bool socket_address(const char *path, struct sockaddr_un *address, GError **error)
{
	address->sun_family = AF_UNIX;
	if (g_strlcpy(address->sun_path, path, sizeof(address->sun_path)) <
		sizeof(address->sun_path))
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
		"'%s' is too long for a socket: use a shorter directory", path);
	return false;
}

/* The directory is root's alone, so what is at the path is what was just bound. */
static bool give_to_recorder(const control *self, const char *path)
{
	return self->record_uid == geteuid() || geteuid() != 0 ||
	       lchown(path, self->record_uid, (gid_t)-1) == 0;
}

/* At its own name it has a queue and its owner from the first moment: until then the name is
 * that of a process that crashed, if anything. */
static bool listen_at(control *self, GError **error)
{
	g_autofree char *new_path = g_strconcat(self->socket_path, NEW_SUFFIX, NULL);
	struct sockaddr_un address = {0};
	mode_t mask;
	bool bound;

	if (!socket_address(new_path, &address, error))
		return false;
	self->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	g_unlink(new_path);
	/* Whoever may connect can fill the queue. So nobody may but root and statd's user. */
	mask = umask(0177);
	bound = self->listen_fd >= 0 &&
		bind(self->listen_fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
		give_to_recorder(self, new_path) && listen(self->listen_fd, BACKLOG) == 0 &&
		rename(new_path, self->socket_path) == 0;
	umask(mask);
	if (!bound)
		lf_error_set_errno(
			error, LF_ERROR_FAILED, "can't listen at '%s'", self->socket_path);
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
	self->socket_path = g_strdup_printf("%s/%s" SOCKET_SUFFIX, run_dir, group);
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
	/* The lock's file stays: removing it would let two processes hold locks of the same name.
	 */
	if (self->lock_fd >= 0)
		close(self->lock_fd);
	g_free(self->socket_path);
	g_free(self);
}

static bool wait_readable(int fd, gint64 deadline_us)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	gint64 left_ms;
	int ready;

	do {
		left_ms = (deadline_us - g_get_monotonic_time()) / 1000;
		ready = poll(&poller, 1, (int)CLAMP(left_ms, 0, G_MAXINT));
	} while (ready < 0 && errno == EINTR);
	return ready > 0;
}

static int connect_to(const char *path, const char *group, GError **error)
{
	struct sockaddr_un address = {0};
	int fd;

	if (!socket_address(path, &address, error))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	if (errno == ENOENT || errno == ECONNREFUSED)
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_RUNNING,
			"no process serves group '%s' on this node", group);
	else
		lf_error_set_errno(error,
			errno == EACCES || errno == EPERM ? LF_ERROR_PRIVILEGE : LF_ERROR_FAILED,
			"can't ask the process of group '%s' at '%s'", group, path);
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Everything up to the end of the stream; the caller frees it. */
static GString *receive_answer(int fd, const char *group, guint timeout_ms, GError **error)
{
	gint64 deadline_us = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
	g_autoptr(GString) answer = g_string_new(NULL);
	char chunk[4096];
	gssize got;

	do {
		if (!wait_readable(fd, deadline_us)) {
			g_set_error(error, LF_ERROR, LF_ERROR_TIMEOUT,
				"the process of group '%s' did not answer within %u ms", group,
				timeout_ms);
			return NULL;
		}
		got = recv(fd, chunk, sizeof(chunk), 0);
		if (got > 0)
			g_string_append_len(answer, chunk, got);
	} while (answer->len <= CONTROL_ANSWER_MAX_BYTES &&
		 (got > 0 || (got < 0 && errno == EINTR)));
	return g_steal_pointer(&answer);
}

JsonObject *control_ask(const char *run_dir, const char *group, const char *request,
	guint timeout_ms, GError **error)
{
	g_autofree char *path = g_strdup_printf("%s/%s" SOCKET_SUFFIX, run_dir, group);
	g_autofree char *line = g_strconcat(request, "\n", NULL);
	g_autoptr(GString) answer = NULL;
	int fd = connect_to(path, group, error);

	if (fd < 0)
		return NULL;
	/* One whom the process doesn't know it answers, and hangs up, before he has asked. */
	if (send_all(fd, line) || errno == EPIPE || errno == ECONNRESET)
		answer = receive_answer(fd, group, timeout_ms, error);
	else
		lf_error_set_errno(
			error, LF_ERROR_FAILED, "can't ask the process of group '%s'", group);
	close(fd);
	return answer != NULL ? control_parse_answer(answer->str, answer->len, group, error) : NULL;
}

void control_kill(const char *run_dir, const char *group)
{
	g_autofree char *path = g_strdup_printf("%s/%s" LOCK_SUFFIX, run_dir, group);
	int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	char text[32] = "";
	gint64 pid;

	/* While somebody has the lock, the process id in the file is his. */
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0 && read(fd, text, sizeof(text) - 1) > 0 &&
		g_ascii_string_to_signed(g_strchomp(text), 10, 2, G_MAXINT, &pid, NULL))
		kill((pid_t)pid, SIGKILL);
	if (fd >= 0)
		close(fd);
}

void control_forget(const char *run_dir, const char *group)
{
	g_autofree char *lock_path = g_strdup_printf("%s/%s" LOCK_SUFFIX, run_dir, group);
	g_autofree char *socket_path = g_strdup_printf("%s/%s" SOCKET_SUFFIX, run_dir, group);
	int fd = open(lock_path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	/* Whoever has the lock has a socket of his own there. */
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		g_unlink(socket_path);
	if (fd >= 0)
		close(fd);
}

bool control_wait_gone(const char *run_dir, const char *group, guint timeout_ms, GError **error)
{
	gint64 deadline_us = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
	g_autofree char *path = g_strdup_printf("%s/%s" LOCK_SUFFIX, run_dir, group);
	int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	bool gone = fd < 0;

	while (!gone && !(gone = flock(fd, LOCK_EX | LOCK_NB) == 0) &&
		g_get_monotonic_time() < deadline_us)
		g_usleep(GONE_POLL_US);
	if (!gone)
		g_set_error(error, LF_ERROR, LF_ERROR_TIMEOUT,
			"the process of group '%s' is still there after %u ms", group, timeout_ms);
	if (fd >= 0)
		close(fd);
	return gone;
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *control_groups(const char *run_dir)
{
	GPtrArray *groups = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = g_dir_open(run_dir, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		if (g_str_has_suffix(name, SOCKET_SUFFIX))
			g_ptr_array_add(
				groups, g_strndup(name, strlen(name) - strlen(SOCKET_SUFFIX)));
	}
	g_ptr_array_sort(groups, compare_names);
	return groups;
}

bool control_has_others(const char *run_dir, const char *group)
{
	g_autofree char *own = g_strconcat(group, LOCK_SUFFIX, NULL);
	g_autoptr(GDir) dir = g_dir_open(run_dir, 0, NULL);
	const char *name;

	/* These stay, unlike the sockets. */
	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		if (name[0] != '.' && g_str_has_suffix(name, LOCK_SUFFIX) &&
			!g_str_equal(name, own))
			return true;
	}
	return false;
}
