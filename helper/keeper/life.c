/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/life.h"

#include "base/child.h"
#include "base/clock.h"
#include "base/error.h"
#include "keeper/namespace_pin.h"
#include "server/own.h"

#include <errno.h>
#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATUS_US (5 * G_USEC_PER_SEC)

/* What a keeper says when it is ready; anything else is why it is not. */
#define READY "ready"

char *life_program(void)
{
	g_autofree char *path = g_file_read_link("/proc/self/exe", NULL);

	/* One that was replaced meanwhile, as by an upgrade, has no path any more. */
	if (path != NULL && access(path, X_OK) == 0)
		return g_steal_pointer(&path);
	return g_strdup("/proc/self/exe");
}

pid_t life_keeper(const char *run_dir, const char *group)
{
	g_autoptr(JsonObject) status =
		own_server_status(run_dir, group, clock_now_us() + STATUS_US, NULL);

	return status != NULL ? (pid_t)json_object_get_int_member_with_default(status, "pid", 0)
			      : 0;
}

/* In the child, between fork() and exec(). */
static void leave_session(void *data G_GNUC_UNUSED)
{
	setsid();
}

/* It writes to the pipe until it is ready. */
static bool spawn(const char *run_dir, const char *group, GPid *pid, int *from, GError **error)
{
	g_autofree char *program = life_program();
	char *argv[] = {program, (char *)"server", (char *)"keep", (char *)"--group", (char *)group,
		(char *)"--run-dir", (char *)run_dir, NULL};
	g_autoptr(GError) reason = NULL;
	int fds[2];
	bool good;

	if (pipe2(fds, O_CLOEXEC) != 0) {
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot start a keeper");
		return false;
	}
	good = g_spawn_async_with_fds("/", argv, NULL,
		G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, leave_session, NULL, pid,
		-1, -1, fds[1], &reason);
	close(fds[1]);
	*from = fds[0];
	if (good)
		return true;
	close(fds[0]);
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "cannot start a keeper: %s", reason->message);
	return false;
}

static char *without_prefix(const GByteArray *said)
{
	static const char prefix[] = "lockferry: ";
	char *text =
		g_strstrip(g_strndup(said->len > 0 ? (const char *)said->data : "", said->len));
	char *last = strrchr(text, '\n');
	char *line = g_strdup(last != NULL ? last + 1 : text);

	g_free(text);
	if (g_str_has_prefix(line, prefix))
		memmove(line, line + strlen(prefix), strlen(line + strlen(prefix)) + 1);
	return line;
}

bool life_have_keeper(const char *run_dir, const char *group, gint64 deadline_us, GError **error)
{
	gint64 left_ms = (deadline_us - clock_now_us()) / 1000;
	g_autoptr(GByteArray) said = NULL;
	g_autofree char *line = NULL;
	pid_t keeper = life_keeper(run_dir, group);
	int from;
	GPid pid;

	if (keeper != 0)
		return namespace_pin(run_dir, group, keeper, error);
	if (!spawn(run_dir, group, &pid, &from, error))
		return false;
	said = child_read(from, (guint)CLAMP(left_ms, 1, G_MAXINT), "the keeper", error);
	close(from);
	if (said == NULL)
		kill(pid, SIGKILL);
	line = said != NULL ? without_prefix(said) : NULL;
	if (g_strcmp0(line, READY) == 0)
		return namespace_pin(run_dir, group, pid, error);
	waitpid(pid, NULL, WNOHANG);
	if (said != NULL)
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"cannot set up the NFS server of group '%s': %s", group,
			line[0] != '\0' ? line : "its keeper died: see the system log");
	return false;
}
