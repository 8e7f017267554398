/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/keeper.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/worker.h"
#include "control/server.h"
#include "report/log.h"
#include "keeper/daemons.h"
#include "keeper/keeper_status.h"
#include "keeper/lease_pause.h"
#include "keeper/life.h"
#include "keeper/link.h"
#include "keeper/mount_namespace.h"
#include "keeper/namespace_pin.h"
#include "keeper/netns.h"
#include "keeper/nfs_probe.h"
#include "keeper/nfs_server.h"
#include "server/own.h"
#include "keeper/serve_watch.h"
#include "keeper/server_files.h"

#include <errno.h>
#include <glib-unix.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* For each of the daemons to be ready, for rpc.nfsd, for its threads to end: each takes a second,
 * and waits for other groups and for a slow machine. Who asks has a limit of its own. */
#define STEP_US (60 * G_USEC_PER_SEC)
#define END_US (3 * G_USEC_PER_SEC)
#define POLL_US 20000

#define CHECK_S 5
#define PROBE_US (5 * G_USEC_PER_SEC)

/* In the group's namespace. */
#define EXPORTS "/etc/exports"

/* When the addresses are announced again, in seconds. */
#define ANNOUNCE_S 1
#define ANNOUNCEMENTS 3

typedef struct keeper {
	server_options *options; /* atomic: a reload by the worker replaces it */
	GPtrArray *old_options;  /* freed at the end, as a job may still use one */
	GMainLoop *loop;
	control *control;
	worker *worker;
	daemons *daemons;
	gint started;        /* atomic */
	gint grace_s;        /* atomic; of the last start */
	gint address_wanted; /* atomic */
	int lease_pause;     /* the worker's; lease_pause.h */
	int announce_fd;     /* of address_claim_open() */
	serve_watch *serve;
	char *program; /* this one's path, as it was outside */
	guint check_timer, announce_timer;
	guint announcements; /* that are left */
	bool checking;       /* a check waits for the worker, or is at it */
} keeper;

static server_options *options_of(keeper *self)
{
	return g_atomic_pointer_get(&self->options);
}

/* The requests, as jobs of the worker. */

/* The NFS server of the kernel. */
static bool start_nfsd(keeper *self, guint grace_s, GError **error)
{
	const server_options *options = options_of(self);
	struct kernel kernel = server_options_kernel(options);

	if (kernel_nfsd_threads(&kernel) > 0)
		return true;
	lease_pause_begin(options, &self->lease_pause);
	if (nfs_server_start(options, grace_s, clock_now_us() + STEP_US, error))
		return true;
	lease_pause_end(options, &self->lease_pause);
	return false;
}

static bool start_server(keeper *self, guint grace_s, GError **error)
{
	const server_options *options = options_of(self);
	bool good = server_files_write_exports(options, EXPORTS, error) &&
		    (!server_options_serves(options, '4') ||
			    server_files_make_nfsdcld(options, error)) &&
		    daemons_start(self->daemons, clock_now_us() + STEP_US, error) &&
		    nfs_server_export(options, error) && start_nfsd(self, grace_s, error);

	if (!good)
		return false;
	g_atomic_int_set(&self->grace_s, (gint)grace_s);
	/* So that a restarted rpcbind gets all of it back. */
	daemons_check(self->daemons);
	g_atomic_int_set(&self->started, true);
	return true;
}

static bool stop_server(keeper *self, guint number G_GNUC_UNUSED, GError **error)
{
	g_atomic_int_set(&self->started, false);
	if (!nfs_server_stop(options_of(self), clock_now_us() + STEP_US, error))
		return false;
	own_server_wake_others(options_of(self)->run_dir, options_of(self)->group);
	lease_pause_end(options_of(self), &self->lease_pause);
	return daemons_end(self->daemons, clock_now_us() + END_US, error);
}

static bool bring_address(keeper *self, guint number G_GNUC_UNUSED, GError **error)
{
	if (!link_up(options_of(self), error) ||
		!link_announce(options_of(self), self->announce_fd, error))
		return false;
	g_atomic_int_set(&self->address_wanted, true);
	return true;
}

static bool take_address(keeper *self, guint number G_GNUC_UNUSED, GError **error)
{
	g_atomic_int_set(&self->address_wanted, false);
	return link_down(error);
}

static bool use(keeper *self, const server_options *now, GError **error)
{
	return !g_atomic_int_get(&self->started) ||
	       (nfs_server_export(now, error) && nfs_server_set_threads(now, error));
}

/* exportfs(8) has dropped the former exports before it refused a new one. */
static void undo_reload(keeper *self, const char *exports)
{
	g_autoptr(GError) error = NULL;

	if (exports != NULL && server_files_write(EXPORTS, exports, &error))
		use(self, options_of(self), &error);
	if (error != NULL)
		qb_log(LOG_ERR, "cannot restore the exports of group '%s': %s",
			options_of(self)->group, error->message);
}

static bool reload(keeper *self, guint number G_GNUC_UNUSED, GError **error)
{
	server_options *old = options_of(self);
	g_autofree char *dir = own_server_dir(old->run_dir);
	g_autofree char *exports = NULL;
	g_autoptr(server_options) now = server_options_load(dir, old->group, error);

	if (now == NULL) {
		if (error != NULL && *error == NULL)
			g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
				"there is no '%s/%s.conf': restart the group's resource", dir,
				old->group);
		return false;
	}
	g_file_get_contents(EXPORTS, &exports, NULL, NULL);
	if (!server_files_write_exports(now, EXPORTS, error))
		return false;
	if (!use(self, now, error)) {
		undo_reload(self, exports);
		return false;
	}
	g_atomic_pointer_set(&self->options, g_steal_pointer(&now));
	g_ptr_array_add(self->old_options, old);
	return true;
}

static bool signal_all(const GArray *pids, int signal_number)
{
	for (guint i = 0; i < pids->len; i++)
		kill(g_array_index(pids, pid_t, i), signal_number);
	return pids->len > 0;
}

/* Whoever is left, such as a shell of `lockferry server enter`, keeps the filesystem in use. */
static bool empty_namespace(GError **error)
{
	ino_t inode = netns_own_inode();
	gint64 term_until_us = clock_now_us() + END_US;
	gint64 kill_until_us = term_until_us + END_US;
	bool asked = false;

	for (;;) {
		g_autoptr(GArray) pids = netns_processes(inode);
		gint64 now_us = clock_now_us();

		if (pids->len == 0)
			return true;
		if (now_us >= kill_until_us) {
			g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
				"process %d does not leave the group's namespace: it hangs in the kernel",
				(int)g_array_index(pids, pid_t, 0));
			return false;
		}
		if (now_us >= term_until_us)
			signal_all(pids, SIGKILL);
		else if (!asked)
			asked = signal_all(pids, SIGTERM);
		clock_sleep_us(POLL_US);
	}
}

/* A client's last request may still be at work for a moment. */
static bool leave_filesystem(const server_options *options, GError **error)
{
	gint64 until_us = clock_now_us() + END_US;

	for (;;) {
		g_autoptr(GError) reason = NULL;

		if (mount_namespace_leave_filesystem(options, &reason))
			return true;
		if (clock_now_us() >= until_us) {
			g_propagate_error(error, g_steal_pointer(&reason));
			return false;
		}
		clock_sleep_us(POLL_US);
	}
}

static bool leave(keeper *self, guint number G_GNUC_UNUSED, GError **error)
{
	struct kernel kernel = server_options_kernel(options_of(self));

	if (kernel_nfsd_threads(&kernel) > 0) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"the NFS server of group '%s' still runs: stop it first",
			options_of(self)->group);
		return false;
	}
	return daemons_end(self->daemons, clock_now_us() + END_US, error) &&
	       empty_namespace(error) && leave_filesystem(options_of(self), error);
}

static bool check(keeper *self, guint number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
	struct kernel kernel = server_options_kernel(options_of(self));

	if (!g_atomic_int_get(&self->started))
		return true;
	daemons_check(self->daemons);
	/* In case that somebody else stopped a server. */
	daemons_wake_lockd(self->daemons);
	if (!kernel_nfs4_grace_runs(&kernel))
		lease_pause_end(options_of(self), &self->lease_pause);
	return true;
}

static bool probe(keeper *self, guint number G_GNUC_UNUSED, GError **error)
{
	const server_options *options = options_of(self);
	g_autofree char *exports = NULL;

	if (!g_atomic_int_get(&self->started))
		return true;
	if (g_file_get_contents(EXPORTS, &exports, NULL, error) &&
		nfs_probe(options, exports, daemons_lockd_port(self->daemons),
			clock_now_us() + PROBE_US, error))
		return true;
	g_prefix_error(error, "the NFS server of group '%s' does not serve: ", options->group);
	return false;
}

static bool announce(keeper *self, guint number G_GNUC_UNUSED, GError **error)
{
	return !g_atomic_int_get(&self->address_wanted) ||
	       link_announce(options_of(self), self->announce_fd, error);
}

static bool restart_serve(keeper *self, guint number G_GNUC_UNUSED, GError **error)
{
	/* Within the namespace the path may not exist. */
	const char *program = access(self->program, X_OK) == 0 ? self->program : "/proc/self/exe";

	return !g_atomic_int_get(&self->address_wanted) || !g_atomic_int_get(&self->started) ||
	       serve_watch_restart(options_of(self), program, error);
}

static bool register_again(keeper *self, guint number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
	daemons_register(self->daemons);
	return true;
}

/* How they are asked for. */

struct request {
	const char *name;
	bool (*work)(keeper *self, guint number, GError **error);
	guint least, most; /* the number that follows the name; 0: none does */
};

static const struct request requests[] = {
	{"start-server", start_server, 10, 240},
	{"stop-server", stop_server, 0, 0},
	{"address-up", bring_address, 0, 0},
	{"address-down", take_address, 0, 0},
	{"reload", reload, 0, 0},
	{"check-daemons", check, 0, 0},
	{"probe", probe, 0, 0},
	{"leave", leave, 0, 0},
};

struct job {
	keeper *keeper;
	const struct request *request;
	guint number;
	control_call *call; /* NULL: nobody asked */
};

static const struct request check_request = {"check", check, 0, 0};
static const struct request announce_request = {"announce", announce, 0, 0};
static const struct request serve_request = {"restart-process", restart_serve, 0, 0};
static const struct request register_request = {"register", register_again, 0, 0};

static bool work(void *data, GError **error)
{
	struct job *job = data;

	return job->request->work(job->keeper, job->number, error);
}

static void answer_error(control_call *call, const char *text, bool timed_out)
{
	g_autoptr(JsonObject) answer = json_object_new();

	json_object_set_string_member(answer, "error", text);
	json_object_set_boolean_member(answer, "timed_out", timed_out);
	control_answer(call, answer);
}

static void answer_nothing(control_call *call)
{
	g_autoptr(JsonObject) answer = json_object_new();

	control_answer(call, answer);
}

static void answer_good(keeper *self, const struct job *job)
{
	g_autoptr(JsonObject) answer = json_object_new();
	struct kernel kernel = server_options_kernel(options_of(self));

	if (job->request->work == start_server)
		json_object_set_boolean_member(
			answer, "grace", kernel_grace(&kernel) == KERNEL_GRACE_RUNS);
	control_answer(job->call, answer);
}

static void plan_announcements(keeper *self);

/* From when clients can reach the group to when they cannot any more. */
static void watch_serve(keeper *self)
{
	if (g_atomic_int_get(&self->address_wanted) && g_atomic_int_get(&self->started))
		serve_watch_begin(self->serve);
	else
		serve_watch_end(self->serve);
}

static void done(void *data, const GError *error)
{
	g_autofree struct job *job = data;
	keeper *self = job->keeper;

	if (job->request == &check_request)
		self->checking = false;
	if (error != NULL)
		qb_log(LOG_ERR, "%s: %s", job->request->name, error->message);
	else if (job->call != NULL && job->request->work != check && job->request->work != probe)
		qb_log(LOG_NOTICE, "%s: done", job->request->name);
	if (job->call != NULL && error != NULL)
		answer_error(job->call, error->message,
			g_error_matches(error, LF_ERROR, LF_ERROR_TIMEOUT));
	else if (job->call != NULL)
		answer_good(self, job);
	if (error == NULL && job->request->work == bring_address)
		plan_announcements(self);
	if (job->request->work == bring_address || job->request->work == take_address ||
		job->request->work == restart_serve)
		watch_serve(self);
	if (error == NULL && job->request->work == leave)
		g_main_loop_quit(self->loop);
}

static void push(keeper *self, const struct request *request, guint number, control_call *call)
{
	struct job *job = g_new0(struct job, 1);

	job->keeper = self;
	job->request = request;
	job->number = number;
	job->call = call;
	worker_push(self->worker, work, done, job);
}

static gboolean announce_again(gpointer data)
{
	keeper *self = data;

	push(self, &announce_request, 0, NULL);
	if (--self->announcements > 0)
		return G_SOURCE_CONTINUE;
	self->announce_timer = 0;
	return G_SOURCE_REMOVE;
}

/* A switch that is still learning, or a client that is busy, may miss the first one. */
static void plan_announcements(keeper *self)
{
	self->announcements = ANNOUNCEMENTS;
	if (self->announce_timer == 0)
		self->announce_timer = g_timeout_add_seconds(ANNOUNCE_S, announce_again, self);
}

static gboolean check_again(gpointer data)
{
	keeper *self = data;

	if (!self->checking && g_atomic_int_get(&self->started)) {
		self->checking = true;
		push(self, &check_request, 0, NULL);
	}
	return G_SOURCE_CONTINUE;
}

static void serve_ended(void *data)
{
	keeper *self = data;

	qb_log(LOG_WARNING, "the process of group '%s' died: it is started again",
		options_of(self)->group);
	push(self, &serve_request, 0, NULL);
}

static void lost_registrations(void *data)
{
	push(data, &register_request, 0, NULL);
}

static void answer_status(keeper *self, control_call *call)
{
	struct keeper_view view = {
		.options = options_of(self),
		.daemons = self->daemons,
		.started = g_atomic_int_get(&self->started),
		.grace_s = (guint)g_atomic_int_get(&self->grace_s),
		.address_wanted = g_atomic_int_get(&self->address_wanted),
		.process_restarts = serve_watch_restarts(self->serve),
		.busy_ms = worker_busy_ms(self->worker),
	};
	g_autoptr(JsonObject) status = keeper_status(&view);

	control_answer(call, status);
}

static bool is_request(const char *text, const struct request *request, guint *number)
{
	gsize length = strlen(request->name);
	guint64 value = 0;

	*number = 0;
	if (request->most == 0)
		return g_str_equal(text, request->name);
	if (strncmp(text, request->name, length) != 0 || text[length] != ' ' ||
		!g_ascii_string_to_unsigned(
			text + length + 1, 10, request->least, request->most, &value, NULL))
		return false;
	*number = (guint)value;
	return true;
}

static void take_request(const char *text, control_call *call, void *data)
{
	keeper *self = data;

	if (g_str_equal(text, "status")) {
		answer_status(self, call);
		return;
	}
	if (g_str_equal(text, "wake")) {
		daemons_wake_lockd(self->daemons);
		answer_nothing(call);
		return;
	}
	for (guint i = 0; i < G_N_ELEMENTS(requests); i++) {
		guint number;

		if (is_request(text, &requests[i], &number)) {
			push(self, &requests[i], number, call);
			return;
		}
	}
	answer_error(call, "unknown request", false);
}

/* The life of the process. */

/* A process of the group's server that a former keeper left, whose namespaces can be entered; 0:
 * there is none. */
static pid_t find_survivor(const char *netns, const char *group)
{
	g_autoptr(GArray) pids = netns_processes(netns_inode(netns));

	for (guint i = 0; i < pids->len; i++) {
		pid_t pid = g_array_index(pids, pid_t, i);

		if (mount_namespace_is_of(pid, group))
			return pid;
	}
	return 0;
}

static bool enter_netns(const char *netns, GError **error)
{
	int fd = netns_open(netns, error);
	bool good;

	if (fd < 0)
		return false;
	good = setns(fd, CLONE_NEWNET) == 0;
	close(fd);
	if (!good)
		lf_error_set_errno(
			error, LF_ERROR_FAILED, "cannot enter the network namespace '%s'", netns);
	return good;
}

static bool make_namespaces(const server_options *options, const char *netns, GError **error)
{
	struct server_host host;
	bool good;

	server_host_look(&host, KERNEL_PROC_DIR);
	good = enter_netns(netns, error) && mount_namespace_make(options, &host, error);
	server_host_clear(&host);
	return good;
}

/* All processes died, and the server may still run. */
static bool enter_pinned(
	const server_options *options, const char *netns, int pinned, GError **error)
{
	bool good =
		enter_netns(netns, error) && mount_namespace_join_pinned(pinned, options, error);

	close(pinned);
	return good;
}

static bool enter(const server_options *options, GError **error)
{
	g_autofree char *netns = netns_name(options->group);
	pid_t survivor = find_survivor(netns, options->group);

	int pinned;

	if (survivor != 0)
		return mount_namespace_join(survivor, error);
	pinned = namespace_pin_open(options->run_dir, options->group);
	if (pinned >= 0)
		return enter_pinned(options, netns, pinned, error);
	return make_namespaces(options, netns, error);
}

/* The socket stays in the network namespace where it was opened. */
static bool enter_with_socket(keeper *self, GError **error)
{
	if (link_is_announced_on_nic(self->options) &&
		(self->announce_fd = address_claim_open(error)) < 0)
		return false;
	return enter(self->options, error) &&
	       (self->announce_fd >= 0 || (self->announce_fd = address_claim_open(error)) >= 0);
}

/*
 * Nobody knows any more where lockd listens, which rpcbind knew, so no client would find it. So the
 * server is stopped, and whoever asked for a keeper has it started again, with a grace period. The
 * addresses go first: a lock that is dropped here must not be granted to another client.
 */
static void stop_unreachable(keeper *self)
{
	g_autoptr(GError) error = NULL;

	qb_log(LOG_WARNING,
		"rpcbind died together with the keeper, so clients cannot find the server of group '%s': it is stopped, and clients must reclaim their locks when it is started again",
		self->options->group);
	if (!link_down(&error) || !stop_server(self, 0, &error))
		qb_log(LOG_ERR, "%s", error->message);
}

static void take_over(keeper *self)
{
	struct kernel kernel = server_options_kernel(self->options);
	guint count = daemons_adopt(self->daemons);
	g_autoptr(JsonObject) link = NULL;

	if (kernel_nfsd_threads(&kernel) > 0 && !daemons_know_services(self->daemons))
		stop_unreachable(self);
	link = link_to_json(self->options);
	self->started = kernel_nfsd_threads(&kernel) > 0;
	self->address_wanted = json_object_get_boolean_member(link, "up");
	if (self->started)
		daemons_revive(self->daemons);
	if (count > 0 || self->started)
		qb_log(LOG_NOTICE,
			"took over %u daemons and %u threads of the NFS server from a keeper that died",
			count, kernel_nfsd_threads(&kernel));
}

static gboolean end_by_signal(gpointer data)
{
	g_main_loop_quit(data);
	return G_SOURCE_CONTINUE;
}

static void keeper_clear(keeper *self)
{
	g_clear_pointer(&self->control, control_close);
	g_clear_handle_id(&self->check_timer, g_source_remove);
	g_clear_handle_id(&self->announce_timer, g_source_remove);
	g_clear_pointer(&self->worker, worker_free);
	g_clear_pointer(&self->serve, serve_watch_free);
	g_clear_pointer(&self->daemons, daemons_free);
	g_clear_pointer(&self->old_options, g_ptr_array_unref);
	g_clear_pointer(&self->loop, g_main_loop_unref);
	fd_close(&self->announce_fd);
	server_options_free(self->options);
	g_free(self->program);
}

static void serve_requests(keeper *self, keeper_ready ready, void *data)
{
	guint source = g_unix_signal_add(SIGTERM, end_by_signal, self->loop);

	self->check_timer = g_timeout_add_seconds(CHECK_S, check_again, self);
	check_again(self);
	ready(data);
	g_main_loop_run(self->loop);
	g_source_remove(source);
}

bool keeper_run(server_options *options, keeper_ready ready, void *data, GError **error)
{
	g_autofree char *dir = own_server_dir(options->run_dir);
	keeper self = {.options = options,
		.program = life_program(),
		.lease_pause = -1,
		.announce_fd = -1};
	bool good = enter_with_socket(&self, error);

	if (!good) {
		keeper_clear(&self);
		return false;
	}
	self.loop = g_main_loop_new(NULL, FALSE);
	self.old_options = g_ptr_array_new_with_free_func((GDestroyNotify)server_options_free);
	self.worker = worker_new();
	self.serve = serve_watch_new(options->run_dir, options->group, serve_ended, &self);
	self.daemons = daemons_new(options, lost_registrations, &self);
	self.control = control_open(dir, options->group, geteuid(), take_request, &self, error);
	good = self.control != NULL;
	if (good) {
		take_over(&self);
		watch_serve(&self);
		serve_requests(&self, ready, data);
	}
	keeper_clear(&self);
	return good;
}
