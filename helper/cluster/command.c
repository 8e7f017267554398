/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/command.h"

#include "base/error.h"
#include "base/program.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIECE_BYTES 65536

/* The namespaces of the node, as nsenter(1) finds them. */
static const char *const outside[] = {
	"nsenter", "--target", "1", "--net", "--mount", "--uts", "--", NULL};
static bool is_run_outside;

void command_run_outside(void)
{
	is_run_outside = true;
}

static gint64 ms_until(gint64 deadline_us)
{
	return MAX((deadline_us - g_get_monotonic_time()) / 1000, 0);
}

/* Waits until there is something to read, or the end. Returns 0 on timeout. */
static int wait_for(int fd, gint64 deadline_us)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	int ready;

	do
		ready = poll(&poller, 1, (int)ms_until(deadline_us));
	while (ready < 0 && errno == EINTR);
	return ready;
}

GByteArray *command_read(int fd, guint timeout_ms, const char *from, GError **error)
{
	gint64 deadline_us = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
	g_autofree guint8 *piece = g_malloc(PIECE_BYTES);
	g_autoptr(GByteArray) text = g_byte_array_new();

	while (text->len <= COMMAND_MAX_BYTES) {
		gssize count;

		if (wait_for(fd, deadline_us) == 0) {
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

static int status_of(GPid pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Runs in the child, between fork() and exec(). */
static void leave_terminal(void *data G_GNUC_UNUSED)
{
	setpgid(0, 0);
}

/* The caller frees it. */
static char **command_line(const struct command *self, const char *path)
{
	GPtrArray *argv = g_ptr_array_new();

	for (gsize i = 0; is_run_outside && outside[i] != NULL; i++)
		g_ptr_array_add(argv, i == 0 ? program_find(outside[i]) : g_strdup(outside[i]));
	g_ptr_array_add(argv, g_strdup(path));
	for (gsize i = 1; self->argv[i] != NULL; i++)
		g_ptr_array_add(argv, g_strdup(self->argv[i]));
	g_ptr_array_add(argv, NULL);
	return (char **)g_ptr_array_free(argv, FALSE);
}

static bool start(const struct command *self, GPid *pid, int *fd, GError **error)
{
	g_autofree char *path = program_find(self->argv[0]);
	g_auto(GStrv) argv = command_line(self, path);
	GSpawnFlags flags = G_SPAWN_DO_NOT_REAP_CHILD;

	if (!self->show_errors)
		flags |= G_SPAWN_STDERR_TO_DEV_NULL;
	if (g_file_test(path, G_FILE_TEST_IS_EXECUTABLE) &&
		g_spawn_async_with_pipes(
			NULL, argv, NULL, flags, leave_terminal, NULL, pid, NULL, fd, NULL, NULL))
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
		"cannot ask the cluster: there is no '%s' on this node", self->argv[0]);
	return false;
}

GByteArray *command_run(const struct command *self, int *status, GError **error)
{
	GByteArray *text;
	GPid pid;
	int fd, ended;

	if (!start(self, &pid, &fd, error))
		return NULL;
	text = command_read(fd, self->timeout_ms, self->argv[0], error);
	close(fd);
	if (text == NULL)
		kill(pid, SIGKILL);
	ended = status_of(pid);
	g_spawn_close_pid(pid);
	if (status != NULL)
		*status = ended;
	return text;
}
