/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"
#include "cluster/command.h"
#include "cmd/cmd.h"
#include "group/grace_length.h"
#include "group/options.h"
#include "group/state.h"
#include "report/log.h"
#include "service/parameters.h"
#include "service/service.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define RECORD_TIMEOUT_DEFAULT_S 5

/* lockferry-callout waits for 15 s at most. */
#define RECORD_TIMEOUT_MAX_S 12

/* An hour (fs/nfsd/nfsctl.c). */
#define LEASE_MAX_S 3600

#define HANG_TIMEOUT_MAX_S 3600

/* At least this much of the timeout is not spent waiting for proof that the previous owner is
 * gone. */
#define RESERVE_MIN_S 7

static char *group, *store_dir, *sm_path, *backend, *node, *require_fencing, *grace, *metrics_dir,
	*early_grace_end;
static char **ips, **names, **exports;
static gboolean daemonize, unlock_on_stop, own_server, validate;
static int timeout_s, lease_s, hang_timeout_s;
static int record_timeout_s = RECORD_TIMEOUT_DEFAULT_S;

static const GOptionEntry entries[] = {
	{"group", 0, 0, G_OPTION_ARG_FILENAME, &group, "The service group", "GROUP"},
	{"store", 0, 0, G_OPTION_ARG_FILENAME, &store_dir,
		"Its store, in its own filesystem; created if its parent exists", "DIR"},
	{"ip", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &ips, "Its floating addresses", "ADDR[,ADDR]"},
	{"name", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &names,
		"A name by which clients mount from it; may be repeated", "NAME"},
	{"export", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &exports,
		"A directory it exports; may be repeated [what the store's filesystem holds]",
		"DIR"},
	{"sm-dir", 0, 0, G_OPTION_ARG_FILENAME, &sm_path, "statd's sm directory [found by itself]",
		"DIR"},
	{"backend", 0, 0, G_OPTION_ARG_FILENAME, &backend, "The kind of store to make [files]",
		"files|sqlite"},
	{"node", 0, 0, G_OPTION_ARG_FILENAME, &node,
		"The cluster's name of this node [its host name]", "NAME"},
	{"require-fencing", 0, 0, G_OPTION_ARG_FILENAME, &require_fencing,
		"Take over from a node that did not release the group only after it was fenced [yes]",
		"yes|no"},
	{"grace", 0, 0, G_OPTION_ARG_FILENAME, &grace,
		"How to get a grace period in which clients reclaim their locks: auto uses the running one, and restarts the lock manager if there is none; running uses only a running one; the others always restart. With --own-server: how long it is, auto for as long as the clients need [auto]",
		"auto|running|restart-lockd|restart-nfs|SECONDS"},
	{"metrics", 0, 0, G_OPTION_ARG_FILENAME, &metrics_dir,
		"Write the file lockferry-GROUP.prom to this directory, with metrics for the textfile collector of Prometheus' node_exporter",
		"DIR"},
	{"early-grace-end", 0, 0, G_OPTION_ARG_FILENAME, &early_grace_end,
		"End the grace period as soon as every lock noted at a clean handover is back [yes]",
		"yes|no"},
	{"record-timeout", 0, 0, G_OPTION_ARG_INT, &record_timeout_s,
		"How long a client's first lock may wait until its record is on the disk, if statd runs lockferry-callout [5]",
		"SECONDS"},
	{"unlock-on-stop", 0, 0, G_OPTION_ARG_NONE, &unlock_on_stop,
		"Drop the locks held here when the group leaves; only if neither its exports nor the NFS server stop then",
		NULL},
	{"own-server", 0, 0, G_OPTION_ARG_NONE, &own_server,
		"The group has an NFS server of its own, in the namespaces that we run in: its keeper starts it when the group may be taken, and stops it when the group leaves; 'lockferry server start' gives this option",
		NULL},
	{"lease", 0, 0, G_OPTION_ARG_INT, &lease_s,
		"With --own-server: the lease of its NFSv4 clients; 0 if it does not serve NFSv4 [0]",
		"SECONDS"},
	{"hang-timeout", 0, 0, G_OPTION_ARG_INT, &hang_timeout_s,
		"With --own-server: how long its disk may hang before that is a problem, so that the monitor fails; 0: it stays a warning [0]",
		"SECONDS"},
	{"validate", 0, 0, G_OPTION_ARG_NONE, &validate,
		"Only check whether these options are valid", NULL},
	{"daemon", 0, 0, G_OPTION_ARG_NONE, &daemonize,
		"Return when the group is adopted, and serve it in the background", NULL},
	{"timeout", 0, 0, G_OPTION_ARG_INT, &timeout_s,
		"With --daemon: how long the adoption may take [0: no limit]", "SECONDS"},
	{0},
};

static const char details[] =
	"Start it after the group's filesystem, NFS server and exports, and before its addresses.\n";

static bool parse_yes_no(const char *option, const char *text, bool *value, GError **error)
{
	*value = text == NULL || g_str_equal(text, "yes");
	if (*value || g_str_equal(text, "no"))
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_USAGE, "%s takes yes or no, not '%s'", option, text);
	return false;
}

/* The background process writes to this pipe when the group is adopted; the foreground process
 * waits for it. */
static int ready_fd = -1;

static void detach(void *data G_GNUC_UNUSED)
{
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (ready_fd < 0)
		return;
	log_detach();
	for (int fd = STDIN_FILENO; null_fd >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null_fd, fd);
	if (null_fd >= 0)
		close(null_fd);
	if (write(ready_fd, "", 1) != 1)
		return; /* no process waits for us any more */
	close(ready_fd);
	ready_fd = -1;
}

static bool wait_for(int fd)
{
	gint64 deadline_us = g_get_monotonic_time() + (gint64)timeout_s * G_USEC_PER_SEC;
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	int ready;

	do {
		gint64 left_ms = (deadline_us - g_get_monotonic_time()) / 1000;

		ready = poll(&poller, 1, timeout_s > 0 ? (int)CLAMP(left_ms, 0, G_MAXINT) : -1);
	} while (ready < 0 && errno == EINTR);
	return ready > 0;
}

/* Runs in the foreground. Returns the exit status when the background process is ready, has failed,
 * or takes too long. */
static int await_adoption(pid_t pid, int fd, GError **error)
{
	int status;
	char byte;

	if (!wait_for(fd)) {
		kill(pid, SIGTERM);
		g_set_error(error, LF_ERROR, LF_ERROR_TIMEOUT,
			"group '%s' was not adopted within %d s", group, timeout_s);
		return CRM_EX_TIMEOUT;
	}
	if (read(fd, &byte, 1) == 1)
		return CRM_EX_OK;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	/* The background process has already given the reason on stderr, unless it was killed. */
	if (WIFEXITED(status))
		return WEXITSTATUS(status) != CRM_EX_OK ? WEXITSTATUS(status) : CRM_EX_ERROR;
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"the process of group '%s' was ended by signal %d (%s)", group, WTERMSIG(status),
		strsignal(WTERMSIG(status)));
	return CRM_EX_ERROR;
}

static int serve(const struct group_options *options, GError **error)
{
	bool good;

	log_open(options->group, options->run_dir);
	good = service_run(options, detach, NULL, error);
	/* main() prints it on stderr. */
	log_detach();
	if (!good)
		qb_log(LOG_CRIT, "%s", (*error)->message);
	log_close();
	return good ? CRM_EX_OK : CRM_EX_ERROR;
}

/* Our parent would wait for us as long as we keep one of its descriptors open. stderr stays open
 * until we are ready. */
static void close_inherited(int keep_fd)
{
	int null_fd = open("/dev/null", O_RDWR);

	dup2(null_fd, STDIN_FILENO);
	dup2(null_fd, STDOUT_FILENO);
	dup2(keep_fd, STDERR_FILENO + 1);
	closefrom(STDERR_FILENO + 2);
}

static int serve_in_background(const struct group_options *options, GError **error)
{
	int pipe_fds[2];
	pid_t pid;

	if (pipe(pipe_fds) != 0 || (pid = fork()) < 0) {
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot start a process");
		return CRM_EX_ERROR;
	}
	if (pid > 0) {
		close(pipe_fds[1]);
		return await_adoption(pid, pipe_fds[0], error);
	}
	setsid();
	close_inherited(pipe_fds[1]);
	ready_fd = STDERR_FILENO + 1;
	fcntl(ready_fd, F_SETFD, FD_CLOEXEC);
	signal(SIGPIPE, SIG_IGN);
	return serve(options, error);
}

static bool check_parameters(struct group_options *options, GError **error)
{
	struct parameters parameters = {
		.group = group,
		.store = store_dir,
		.sm_dir = sm_path,
		.metrics = metrics_dir,
		.backend = backend,
		.ips = cmd_list_of(ips),
		.names = cmd_list_of(names),
		.exports = cmd_directories(exports),
	};

	options->names = parameters.names;
	options->exports = parameters.exports;
	return parameters_check(&parameters, error);
}

static bool check_seconds(const char *option, int value, int most, GError **error)
{
	if (value >= 0 && value <= most)
		return true;
	return lf_error_usage(error, "%s takes 0 to %d seconds, not %d", option, most, value);
}

/* Of a server of its own it is the length that can be chosen. */
static bool parse_own_server(struct group_options *options, GError **error)
{
	guint64 seconds = 0;

	if (!check_seconds("--lease", lease_s, LEASE_MAX_S, error) ||
		!check_seconds("--hang-timeout", hang_timeout_s, HANG_TIMEOUT_MAX_S, error))
		return false;
	options->lease_s = (guint)lease_s;
	options->hang_timeout_s = (guint)hang_timeout_s;
	options->grace = GRACE_SOURCE_AUTO;
	if (grace == NULL || g_str_equal(grace, "auto"))
		return true;
	if (!g_ascii_string_to_unsigned(
		    grace, 10, GRACE_LENGTH_MIN_S, GRACE_LENGTH_MAX_S, &seconds, NULL)) {
		g_set_error(error, LF_ERROR, LF_ERROR_USAGE,
			"--grace takes auto, or %d to %d seconds, for a server of its own, not '%s'",
			GRACE_LENGTH_MIN_S, GRACE_LENGTH_MAX_S, grace);
		return false;
	}
	options->grace_s = (guint)seconds;
	return true;
}

static bool parse_server(struct group_options *options, GError **error)
{
	if (own_server)
		return parse_own_server(options, error);
	if (lease_s == 0 && hang_timeout_s == 0)
		return grace_source_from_name(
			grace != NULL ? grace : "auto", &options->grace, error);
	return lf_error_usage(error, "%s goes only with --own-server",
		lease_s != 0 ? "--lease" : "--hang-timeout");
}

static bool check_options(struct group_options *options, GError **error)
{
	if (!cmd_require("group", group, error) || !cmd_require("store", store_dir, error) ||
		!cmd_require("ip", ips, error) || !check_parameters(options, error) ||
		!parse_yes_no(
			"--require-fencing", require_fencing, &options->require_fencing, error) ||
		!parse_yes_no(
			"--early-grace-end", early_grace_end, &options->early_grace_end, error) ||
		!parse_server(options, error))
		return false;
	if (record_timeout_s < 1 || record_timeout_s > RECORD_TIMEOUT_MAX_S) {
		g_set_error(error, LF_ERROR, LF_ERROR_USAGE,
			"--record-timeout takes 1 to %d seconds, not %d", RECORD_TIMEOUT_MAX_S,
			record_timeout_s);
		return false;
	}
	if (node != NULL && !node_name_is_valid(node)) {
		g_set_error(error, LF_ERROR, LF_ERROR_USAGE,
			"the value of --node is not a valid node name: it is empty, or has control characters");
		return false;
	}
	if (timeout_s < 0) {
		g_set_error(error, LF_ERROR, LF_ERROR_USAGE, "the timeout cannot be negative (%d)",
			timeout_s);
		return false;
	}
	return true;
}

/* The time limit for waiting for proof is half of the timeout. The rest is for everything else. The
 * cluster does nothing else while it waits for this start. */
static gint64 evidence_until_us(void)
{
	int reserve_s = MAX(timeout_s / 2, RESERVE_MIN_S);

	return timeout_s > reserve_s
		       ? g_get_monotonic_time() + (gint64)(timeout_s - reserve_s) * G_USEC_PER_SEC
		       : 0;
}

int cmd_serve(const struct cmd *self, int argc, char **argv, GError **error)
{
	g_autofree char *sm_dir_path = NULL;
	g_auto(GStrv) addresses = NULL;
	struct group_options options = {0};

	if (!cmd_parse(self, entries, details, argc, argv, error) ||
		!check_options(&options, error))
		return CRM_EX_USAGE;
	if (validate)
		return CRM_EX_OK;
	sm_dir_path = cmd_sm_dir(sm_path, error);
	if (sm_dir_path == NULL)
		return CRM_EX_NOT_INSTALLED;
	addresses = cmd_split_addresses(ips);
	options.group = group;
	options.node = node != NULL ? node : g_get_host_name();
	options.store = store_dir;
	options.backend = backend;
	options.addresses = (const char *const *)addresses;
	options.sm_dir = sm_dir_path;
	options.run_dir = cmd_run_dir();
	options.metrics = metrics_dir;
	options.record_timeout_ms = (guint)record_timeout_s * 1000;
	options.deletion_delay_s = (guint)cmd_deletion_delay_s();
	options.unlock_on_stop = unlock_on_stop;
	options.own_server = own_server;
	options.evidence_until_us = evidence_until_us();
	options.kernel = *cmd_kernel();
	if (own_server)
		command_run_outside();
	if (chdir("/") != 0) {
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot change to the root directory");
		return CRM_EX_ERROR;
	}
	return daemonize ? serve_in_background(&options, error) : serve(&options, error);
}
