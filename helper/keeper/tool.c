/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/tool.h"

#include "base/error.h"
#include "base/program.h"
#include "cluster/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* A process that hangs in the kernel does not go. */
#define DEATH_US G_USEC_PER_SEC
#define POLL_US 10000

static bool start(const char *const *argv, GPid *pid, int *from, GError **error)
{
	g_auto(GStrv) words = program_command_line(argv);
	g_autoptr(GError) reason = NULL;
	int fds[2];
	bool good;

	if (pipe2(fds, O_CLOEXEC) != 0) {
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot run '%s'", argv[0]);
		return false;
	}
	good = g_spawn_async_with_fds(NULL, words, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, pid,
		-1, fds[1], fds[1], &reason);
	close(fds[1]);
	*from = fds[0];
	if (good)
		return true;
	close(fds[0]);
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED, "cannot run '%s': %s", argv[0],
		reason->message);
	return false;
}

/* The status of waitpid(2); -1 if it does not end. */
static int reap(GPid pid, bool killed)
{
	gint64 deadline_us = g_get_monotonic_time() + DEATH_US;
	int status;
	pid_t got;

	while ((got = waitpid(pid, &status, killed ? WNOHANG : 0)) != pid) {
		if (got < 0 && errno != EINTR)
			return -1;
		if (killed && g_get_monotonic_time() >= deadline_us)
			return -1;
		if (killed)
			g_usleep(POLL_US);
	}
	return status;
}

static void set_failed(GError **error, const char *const *argv, const char *said)
{
	g_autofree char *line = g_strjoinv(" ", (char **)argv);

	g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "'%s' failed: %s", line,
		said[0] != '\0' ? said : "it does not say why");
}

bool tool_run(const char *const *argv, guint timeout_ms, char **output, GError **error)
{
	g_autoptr(GByteArray) bytes = NULL;
	g_autofree char *said = NULL;
	int from, status;
	GPid pid;

	if (!start(argv, &pid, &from, error))
		return false;
	bytes = command_read(from, timeout_ms, argv[0], error);
	close(from);
	if (bytes == NULL)
		kill(pid, SIGKILL);
	status = reap(pid, bytes == NULL);
	g_spawn_close_pid(pid);
	if (bytes == NULL)
		return false;
	said = g_strstrip(g_strndup(bytes->len > 0 ? (const char *)bytes->data : "", bytes->len));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		set_failed(error, argv, said);
		return false;
	}
	if (output != NULL)
		*output = g_steal_pointer(&said);
	return true;
}

bool tool_is_there(const char *name, const char *package, GError **error)
{
	g_autofree char *path = program_find(name);

	if (access(path, X_OK) == 0)
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
		"there is no '%s' on this node: install %s", name, package);
	return false;
}
