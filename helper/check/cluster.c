/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/cluster.h"

#include "error.h"
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 5000
#define PIECE_BYTES 65536

/* Read to the end, in the time. Fails with more than a configuration may have, too. */
static bool read_all(int fd, GByteArray *text, GError **error)
{
	gint64 deadline_us = g_get_monotonic_time() + (gint64)PATIENCE_MS * 1000;
	g_autofree guint8 *piece = g_malloc(PIECE_BYTES);

	while (text->len <= CIB_MAX_BYTES) {
		gint64 left_ms = (deadline_us - g_get_monotonic_time()) / 1000;
		struct pollfd poller = {.fd = fd, .events = POLLIN};
		gssize count;

		if (poll(&poller, 1, (int)MAX(left_ms, 0)) == 0) {
			g_set_error(error, LF_ERROR, LF_ERROR_TIMEOUT,
				"the cluster did not tell its configuration within %d s",
				PATIENCE_MS / 1000);
			return false;
		}
		count = read(fd, piece, PIECE_BYTES);
		if (count == 0)
			return true;
		if (count > 0)
			g_byte_array_append(text, piece, (guint)count);
		else if (errno != EINTR && errno != EAGAIN) {
			lf_error_set_errno(
				error, LF_ERROR_FAILED, "can't read the cluster's configuration");
			return false;
		}
	}
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "the cluster's configuration is too long");
	return false;
}

static bool ended_well(GPid pid, GError **error)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return false;
	}
	if (g_spawn_check_wait_status(status, NULL))
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_RUNNING, "no cluster runs on this node");
	return false;
}

static bool ask(GByteArray *text, GError **error)
{
	g_autofree char *cibadmin = program_find("cibadmin");
	char *argv[] = {cibadmin, (char *)"--query", (char *)"--local", NULL};
	GPid pid;
	int fd;
	bool complete, well;

	if (!g_spawn_async_with_pipes(NULL, argv, NULL,
		    G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &pid, NULL,
		    &fd, NULL, NULL)) {
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
			"there is no cibadmin on this node to ask the cluster with");
		return false;
	}
	complete = read_all(fd, text, error);
	close(fd);
	if (!complete)
		kill(pid, SIGKILL);
	well = ended_well(pid, complete ? error : NULL);
	g_spawn_close_pid(pid);
	return complete && well;
}

static bool read_file(const char *file, GByteArray *text, GError **error)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	bool complete;

	if (fd < 0) {
		lf_error_set_errno(error, LF_ERROR_ARGUMENT, "can't open '%s'", file);
		return false;
	}
	complete = read_all(fd, text, error);
	close(fd);
	return complete;
}

cib *cluster_load(const char *file, GError **error)
{
	g_autoptr(GByteArray) text = g_byte_array_new();
	cib *parsed;

	if (file != NULL ? !read_file(file, text, error) : !ask(text, error))
		return NULL;
	parsed = cib_parse(text->len > 0 ? (const char *)text->data : "", text->len, error);
	if (parsed == NULL && file != NULL)
		g_prefix_error(error, "'%s': ", file);
	return parsed;
}
