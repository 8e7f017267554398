/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/child.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIECE_BYTES 65536

/* A process that hangs in the kernel does not go. */
#define DEATH_US G_USEC_PER_SEC
#define POLL_US 10000

GByteArray *child_read(int fd, guint timeout_ms, const char *from, GError **error)
{
	gint64 deadline_us = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
	g_autofree guint8 *piece = g_malloc(PIECE_BYTES);
	g_autoptr(GByteArray) text = g_byte_array_new();

	while (text->len <= CHILD_MAX_BYTES) {
		gssize count;

		if (fd_wait(fd, POLLIN, deadline_us) == 0) {
			g_set_error(error, LF_ERROR, LF_ERROR_TIMEOUT,
				"'%s' did not finish within %u s", from, timeout_ms / 1000);
			return NULL;
		}
		count = read(fd, piece, PIECE_BYTES);
		if (count == 0)
			return g_steal_pointer(&text);
		if (count > 0)
			g_byte_array_append(text, piece, (guint)count);
		else if (errno != EINTR && errno != EAGAIN) {
			lf_error_set_errno(
				error, LF_ERROR_FAILED, "cannot read the output of '%s'", from);
			return NULL;
		}
	}
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "the output of '%s' is too long", from);
	return NULL;
}

/* Runs in the child, between fork() and exec(). */
static void leave_terminal(void *data G_GNUC_UNUSED)
{
	setpgid(0, 0);
}

static bool start(const struct child *self, GPid *pid, int *from, GError **error)
{
	GSpawnFlags flags = G_SPAWN_DO_NOT_REAP_CHILD;
	g_autoptr(GError) reason = NULL;
	int fds[2];
	bool good;

	if (pipe2(fds, O_CLOEXEC) != 0) {
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot run '%s'", self->name);
		return false;
	}
	if (self->errors == CHILD_ERRORS_DISCARD)
		flags |= G_SPAWN_STDERR_TO_DEV_NULL;
	good = g_spawn_async_with_fds(NULL, (char **)self->argv, NULL, flags, leave_terminal, NULL,
		pid, -1, fds[1], self->errors == CHILD_ERRORS_TAKE ? fds[1] : -1, &reason);
	close(fds[1]);
	*from = fds[0];
	if (good)
		return true;
	close(fds[0]);
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED, "cannot run '%s': %s", self->name,
		reason->message);
	return false;
}

/* The exit status; -1: a signal ended it, or it was killed and does not go. */
static int reap(GPid pid, bool killed)
{
	gint64 deadline_us = g_get_monotonic_time() + DEATH_US;
	int status = 0;
	pid_t got;

	while ((got = waitpid(pid, &status, killed ? WNOHANG : 0)) != pid) {
		if ((got < 0 && errno != EINTR) ||
			(killed && g_get_monotonic_time() >= deadline_us))
			return -1;
		if (killed)
			g_usleep(POLL_US);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

GByteArray *child_run(const struct child *self, int *status, GError **error)
{
	GByteArray *output;
	int from;
	GPid pid;

	if (!start(self, &pid, &from, error))
		return NULL;
	output = child_read(from, self->timeout_ms, self->name, error);
	close(from);
	if (output == NULL)
		kill(pid, SIGKILL);
	*status = reap(pid, output == NULL);
	g_spawn_close_pid(pid);
	return output;
}
