/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/run_inside.h"

#include "base/error.h"
#include "base/fd.h"
#include "keeper/mount_namespace.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void enter_and_run(pid_t keeper, char **words)
{
	g_autoptr(GError) error = NULL;

	if (mount_namespace_join(keeper, &error)) {
		execv(words[0], words);
		/* Where it is may not be in the namespace. */
		execv("/proc/self/exe", words);
		lf_error_set_errno(&error, LF_ERROR_FAILED, "cannot run '%s'", words[0]);
	}
	fprintf(stderr, "lockferry: %s\n", error->message);
	_exit(CRM_EX_ERROR);
}

/* Its exit status; -1 with `error`. */
static int await_end(pid_t pid, gint64 deadline_us, GError **error)
{
	int status, fd = (int)syscall(SYS_pidfd_open, pid, 0);
	int ready = fd_wait(fd, POLLIN, deadline_us);

	close(fd);
	if (ready == 0) {
		kill(pid, SIGTERM);
		g_set_error(error, LF_ERROR, LF_ERROR_TIMEOUT,
			"the group's process was not ready in time");
		return -1;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"the group's process was ended by signal %d (%s)", WTERMSIG(status),
		strsignal(WTERMSIG(status)));
	return -1;
}

int run_inside(pid_t keeper, char **words, gint64 deadline_us, GError **error)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		enter_and_run(keeper, words);
	if (pid < 0) {
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot start a process");
		return -1;
	}
	return await_end(pid, deadline_us, error);
}
