/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/client.h"

#include "base/error.h"
#include "base/fd.h"
#include "control/message.h"
#include "control/place.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define GONE_POLL_US (10 * 1000)

static int connect_to(const char *path, const char *group, GError **error)
{
	struct sockaddr_un address = {0};
	int fd;

	if (!control_address(path, &address, error))
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
			"cannot ask the process of group '%s' at '%s'", group, path);
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Reads to the end of the stream; the caller frees the result. */
static GString *receive_answer(int fd, const char *group, guint timeout_ms, GError **error)
{
	gint64 deadline_us = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
	g_autoptr(GString) answer = g_string_new(NULL);
	char chunk[4096];
	gssize got;

	do {
		if (fd_wait(fd, POLLIN, deadline_us) <= 0) {
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
	g_autofree char *path = control_socket_path(run_dir, group);
	g_autofree char *line = g_strconcat(request, "\n", NULL);
	g_autoptr(GString) answer = NULL;
	int fd = connect_to(path, group, error);

	if (fd < 0)
		return NULL;
	/* The process answers a user that it does not accept, and closes the connection, before
	 * it reads the request. So a failed send may still have an answer. */
	if (fd_send_all(fd, line, strlen(line)) || errno == EPIPE || errno == ECONNRESET)
		answer = receive_answer(fd, group, timeout_ms, error);
	else
		lf_error_set_errno(
			error, LF_ERROR_FAILED, "cannot ask the process of group '%s'", group);
	close(fd);
	return answer != NULL ? control_parse_answer(answer->str, answer->len, group, error) : NULL;
}

void control_kill(const char *run_dir, const char *group)
{
	g_autofree char *path = control_lock_path(run_dir, group);
	int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	char text[32] = "";
	gint64 pid;

	/* While the lock is taken, the file contains the process id of its owner. */
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0 && read(fd, text, sizeof(text) - 1) > 0 &&
		g_ascii_string_to_signed(g_strchomp(text), 10, 2, G_MAXINT, &pid, NULL))
		kill((pid_t)pid, SIGKILL);
	if (fd >= 0)
		close(fd);
}

void control_forget(const char *run_dir, const char *group)
{
	g_autofree char *lock_path = control_lock_path(run_dir, group);
	g_autofree char *socket_path = control_socket_path(run_dir, group);
	int fd = open(lock_path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	/* If another process holds the lock, the socket belongs to that process. */
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		g_unlink(socket_path);
	if (fd >= 0)
		close(fd);
}

bool control_wait_gone(const char *run_dir, const char *group, guint timeout_ms, GError **error)
{
	gint64 deadline_us = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
	g_autofree char *path = control_lock_path(run_dir, group);
	int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	bool gone = fd < 0;

	while (!gone && !(gone = flock(fd, LOCK_EX | LOCK_NB) == 0) &&
		g_get_monotonic_time() < deadline_us)
		g_usleep(GONE_POLL_US);
	if (!gone)
		g_set_error(error, LF_ERROR, LF_ERROR_TIMEOUT,
			"the process of group '%s' still exists after %u ms", group, timeout_ms);
	if (fd >= 0)
		close(fd);
	return gone;
}
