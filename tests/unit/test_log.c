/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/log.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* How many files in the directory have this part in their names. */
static guint files_named(const char *path, const char *part)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;
	guint count = 0;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
		count += strstr(name, part) != NULL;
	return count;
}

/* Opens the log, writes to it and dies by this signal, in a child, because a log belongs to the
 * whole process. */
static int run_and_die(const char *directory, int signal_number, pid_t *pid)
{
	int status;

	*pid = fork();
	g_assert_cmpint(*pid, >=, 0);
	if (*pid == 0) {
		const struct rlimit no_core = {0, 0};

		setrlimit(RLIMIT_CORE, &no_core);
		log_open("group", directory);
		log_detach();
		qb_log(LOG_NOTICE, "%s", "the last words");
		raise(signal_number);
		_exit(0);
	}
	g_assert_cmpint(waitpid(*pid, &status, 0), ==, *pid);
	g_assert_true(WIFSIGNALED(status));
	return WTERMSIG(status);
}

static void test_blackbox(void)
{
	g_autofree char *directory = g_dir_make_tmp("lockferry-test.XXXXXX", NULL);
	g_autofree char *path = g_build_filename(directory, "group.blackbox", NULL);
	g_autofree char *text = NULL;
	gsize length;
	pid_t pid;

	g_assert_cmpint(run_and_die(directory, SIGABRT, &pid), ==, SIGABRT);
	g_assert_true(g_file_get_contents(path, &text, &length, NULL));
	g_assert_nonnull(memmem(text, length, "the last words", strlen("the last words")));
	g_unlink(path);
	g_rmdir(directory);
}

/* Even a process that is killed leaves nothing of its blackbox in memory. */
static void test_killed(void)
{
	static const char *const places[] = {"/dev/shm", "/run", "/var/run", "/tmp"};
	g_autofree char *directory = g_dir_make_tmp("lockferry-test.XXXXXX", NULL);
	g_autofree char *name = NULL;
	pid_t pid;

	g_assert_cmpint(run_and_die(directory, SIGKILL, &pid), ==, SIGKILL);
	name = g_strdup_printf("lockferry-%d-blackbox", (int)pid);
	for (gsize i = 0; i < G_N_ELEMENTS(places); i++)
		g_assert_cmpuint(files_named(places[i], name), ==, 0);
	g_assert_cmpuint(files_named(directory, "blackbox"), ==, 0);
	g_rmdir(directory);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/log/blackbox", test_blackbox);
	g_test_add_func("/log/killed", test_killed);
	return g_test_run();
}
