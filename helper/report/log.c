/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/log.h"

#include <glib.h>
#include <signal.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define BLACKBOX_BYTES (128 * 1024)

static char *blackbox_path;

static void dump_and_die(int signal_number)
{
	signal(signal_number, SIG_DFL);
	if (blackbox_path != NULL)
		qb_log_blackbox_write_to_file(blackbox_path);
	raise(signal_number);
}

static void catch_crashes(void)
{
	static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
	struct sigaction action = {.sa_handler = dump_and_die, .sa_flags = SA_NODEFER};

	for (gsize i = 0; i < G_N_ELEMENTS(crashes); i++)
		sigaction(crashes[i], &action, NULL);
}

/*
 * libqb keeps the blackbox in two files in shared memory, and removes them when the log is closed.
 * A process that is killed never closes it, so the files are unlinked now; the memory lives as long
 * as the process. libqb does not say where the files are, but /proc does.
 */
static void unlink_blackbox_memory(void)
{
	g_autofree char *name = g_strdup_printf("lockferry-%d-blackbox-", (int)getpid());
	g_autofree char *maps = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents("/proc/self/maps", &maps, NULL, NULL))
		return;
	lines = g_strsplit(maps, "\n", -1);
	for (gsize i = 0; lines[i] != NULL; i++) {
		const char *path = strchr(lines[i], '/');

		/* A file may be mapped twice. The second unlink fails, which does no harm. */
		if (path != NULL && strstr(path, name) != NULL)
			unlink(path);
	}
}

void log_open(const char *group, const char *directory)
{
	g_autofree char *file = g_strconcat(group, ".blackbox", NULL);

	blackbox_path = g_build_filename(directory, file, NULL);
	qb_log_init("lockferry", LOG_DAEMON, LOG_INFO);
	qb_log_ctl(QB_LOG_SYSLOG, QB_LOG_CONF_ENABLED, QB_TRUE);

	qb_log_filter_ctl(QB_LOG_STDERR, QB_LOG_FILTER_ADD, QB_LOG_FILTER_FILE, "*", LOG_INFO);
	qb_log_format_set(QB_LOG_STDERR, "lockferry: %b");
	qb_log_ctl(QB_LOG_STDERR, QB_LOG_CONF_ENABLED, QB_TRUE);

	qb_log_filter_ctl(QB_LOG_BLACKBOX, QB_LOG_FILTER_ADD, QB_LOG_FILTER_FILE, "*", LOG_DEBUG);
	qb_log_ctl(QB_LOG_BLACKBOX, QB_LOG_CONF_SIZE, BLACKBOX_BYTES);
	qb_log_ctl(QB_LOG_BLACKBOX, QB_LOG_CONF_ENABLED, QB_TRUE);
	unlink_blackbox_memory();
	catch_crashes();
}

void log_detach(void)
{
	qb_log_ctl(QB_LOG_STDERR, QB_LOG_CONF_ENABLED, QB_FALSE);
}

void log_close(void)
{
	qb_log_fini();
	g_clear_pointer(&blackbox_path, g_free);
}
