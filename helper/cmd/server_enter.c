/* SPDX-License-Identifier: GPL-2.0-or-later */

/* `lockferry server enter`, `keep` and `reload`. */

#include "base/error.h"
#include "cmd/server.h"
#include "report/log.h"
#include "keeper/firewall.h"
#include "keeper/keeper.h"
#include "keeper/life.h"
#include "keeper/mount_namespace.h"
#include "server/own.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT_DEFAULT_S 60
#define NOT_GIVEN G_MININT

static char *group, *exports, *exports_file;
static int threads = NOT_GIVEN;
static int timeout_s = TIMEOUT_DEFAULT_S;

static const GOptionEntry group_entries[] = {
	{"group", 0, 0, G_OPTION_ARG_FILENAME, &group, "The service group", "GROUP"},
	{0},
};

static const GOptionEntry reload_entries[] = {
	{"group", 0, 0, G_OPTION_ARG_FILENAME, &group, "The service group", "GROUP"},
	{"exports", 0, 0, G_OPTION_ARG_FILENAME, &exports,
		"What it exports from now on: lines of exports(5), separated by newline or ';'",
		"TEXT"},
	{"exports-file", 0, 0, G_OPTION_ARG_FILENAME, &exports_file,
		"The same in a file, in the group's filesystem", "FILE"},
	{"threads", 0, 0, G_OPTION_ARG_INT, &threads, "How many threads the server has from now on",
		"COUNT"},
	{"timeout", 0, 0, G_OPTION_ARG_INT, &timeout_s, "How long it may take [60]", "SECONDS"},
	{0},
};

static const char enter_details[] =
	"The command follows '--': lockferry server enter --group files -- exportfs -v\n"
	"It sees the network, the mounts and /proc/fs/nfsd of the group's server.\n";

static const char reload_details[] = "Without options, the file of --exports-file is read again.\n";

static bool parse(const struct cmd *self, const GOptionEntry *entries, const char *details,
	int argc, char **argv, GError **error)
{
	return cmd_parse(self, entries, details, argc, argv, error) &&
	       cmd_require("group", group, error) && cmd_check_group(group, error);
}

/* The place of "--" in the words; their number if it is not there. */
static int find_end(int argc, char **argv)
{
	int at = 0;

	while (at < argc && strcmp(argv[at], "--") != 0)
		at++;
	return at;
}

int cmd_server_enter(const struct cmd *self, int argc, char **argv, GError **error)
{
	int end = find_end(argc, argv);
	char **words = end < argc ? argv + end + 1 : argv + argc;
	pid_t keeper;

	if (!parse(self, group_entries, enter_details, end, argv, error))
		return CRM_EX_USAGE;
	if (end + 1 >= argc) {
		g_set_error(error, LF_ERROR, LF_ERROR_USAGE,
			"no command was given: write it after '--'");
		return CRM_EX_USAGE;
	}
	keeper = life_keeper(cmd_run_dir(), group);
	if (keeper == 0) {
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_RUNNING,
			"group '%s' has no NFS server of its own here", group);
		return CRM_EX_NOT_RUNNING;
	}
	if (!mount_namespace_join(keeper, error))
		return CRM_EX_ERROR;
	execvp(words[0], words);
	lf_error_set_errno(error, LF_ERROR_NOT_INSTALLED, "cannot run '%s'", words[0]);
	return CRM_EX_NOT_INSTALLED;
}

static bool change(server_options *options, GError **error)
{
	if (exports != NULL || exports_file != NULL) {
		g_free(options->exports);
		g_free(options->exports_file);
		options->exports = g_strdup(exports);
		options->exports_file = g_strdup(exports_file);
	}
	if (threads != NOT_GIVEN)
		options->threads = threads;
	return server_options_check(options, error);
}

/* If the server refuses the new values, it keeps the old ones, and so does its note: a later start
 * or reload must not meet the bad ones. */
static bool reload(server_options *options, const char *dir, gint64 deadline_us, GError **error)
{
	g_autoptr(server_options) old = server_options_load(dir, group, NULL);
	GError *reason = NULL;

	if (!change(options, error) || !server_options_save(options, dir, error))
		return false;
	if (own_server_reload(cmd_run_dir(), group, deadline_us, &reason))
		return firewall_load(options, error);
	/* After a timeout it may still take them. */
	if (old != NULL && !g_error_matches(reason, LF_ERROR, LF_ERROR_TIMEOUT))
		server_options_save(old, dir, NULL);
	g_propagate_error(error, reason);
	return false;
}

int cmd_server_reload(const struct cmd *self, int argc, char **argv, GError **error)
{
	g_autofree char *dir = NULL;
	g_autoptr(server_options) options = NULL;
	gint64 deadline_us;

	if (!parse(self, reload_entries, reload_details, argc, argv, error) ||
		(deadline_us = cmd_server_deadline_us(timeout_s, error)) == 0)
		return CRM_EX_USAGE;
	dir = own_server_dir(cmd_run_dir());
	options = server_options_load(dir, group, error);
	if (options == NULL && error != NULL && *error == NULL)
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_RUNNING,
			"group '%s' has no NFS server of its own here", group);
	return options != NULL && reload(options, dir, deadline_us, error) ? CRM_EX_OK
									   : CRM_EX_ERROR;
}

/* To whoever started it (life_have_keeper()), and to nobody from then on. */
static void say_ready(void *data G_GNUC_UNUSED)
{
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	fputs("ready\n", stderr);
	for (int fd = STDIN_FILENO; null_fd >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null_fd, fd);
	if (null_fd >= 0)
		close(null_fd);
}

int cmd_server_keep(const struct cmd *self G_GNUC_UNUSED, int argc, char **argv, GError **error)
{
	/* A summary is for --help. */
	static const struct cmd hidden = {
		"server keep", "for 'server start': keep a group's own NFS server", NULL};
	g_autofree char *dir = NULL;
	server_options *options;
	bool good;

	if (!parse(&hidden, group_entries, NULL, argc, argv, error))
		return CRM_EX_USAGE;
	dir = own_server_dir(cmd_run_dir());
	options = server_options_load(dir, group, error);
	if (options == NULL && error != NULL && *error == NULL)
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_RUNNING,
			"there is no '%s/%s.conf': use 'lockferry server start'", dir, group);
	if (options == NULL || chdir("/") != 0)
		return CRM_EX_ERROR;
	signal(SIGPIPE, SIG_IGN);
	log_open(group, dir);
	log_detach();
	good = keeper_run(options, say_ready, NULL, error);
	if (!good)
		qb_log(LOG_CRIT, "%s", (*error)->message);
	log_close();
	return good ? CRM_EX_OK : CRM_EX_ERROR;
}
