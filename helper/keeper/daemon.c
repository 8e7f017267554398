/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/daemon.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/program.h"
#include "kernel/kernel.h"
#include "kernel/process.h"
#include "report/log.h"
#include "keeper/netns.h"
#include "keeper/rpc_call.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define POLL_US 20000
#define PAUSE_MAX_MS 30000
#define KILL_US G_USEC_PER_SEC

/* Its ends within the last minute, as far as they matter. */
#define ENDS 16
#define MINUTE_US (60 * G_USEC_PER_SEC)

struct daemon {
	const struct daemon_kind *kind;
	guint16 port;
	char **environment;
	daemon_restarted restarted;
	void *data;

	GMutex mutex; /* of all below */
	bool wanted;
	pid_t pid; /* 0: it does not run */
	bool is_child;
	bool is_killed; /* by daemon_kill() */
	int pid_fd;
	int output_fd;
	guint end_source, output_source, restart_timer;
	gint64 since_s;
	guint restarts;
	gint64 ends_us[ENDS];
	guint end_count;
	char *last_line;  /* that it wrote; NULL: none */
	char *last_words; /* the last line of the one that ended last */
	GString *line;    /* of the main loop only */
};

static gboolean has_ended(gint fd, GIOCondition condition, gpointer data);
static gboolean has_output(gint fd, GIOCondition condition, gpointer data);
static gboolean restart(gpointer data);

struct daemon *daemon_new(const struct daemon_kind *kind, guint16 port, char **environment,
	daemon_restarted restarted, void *data)
{
	struct daemon *self = g_new0(struct daemon, 1);

	self->kind = kind;
	self->port = port;
	self->environment = g_strdupv(environment);
	self->restarted = restarted;
	self->data = data;
	self->pid_fd = -1;
	self->output_fd = -1;
	self->line = g_string_new(NULL);
	g_mutex_init(&self->mutex);
	return self;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* With the mutex held, here and in the functions below that do not take it. */
static void forget_process(struct daemon *self)
{
	g_clear_handle_id(&self->end_source, g_source_remove);
	g_clear_handle_id(&self->output_source, g_source_remove);
	close_fd(&self->pid_fd);
	close_fd(&self->output_fd);
	self->pid = 0;
	self->is_killed = false;
}

void daemon_free(struct daemon *self)
{
	if (self == NULL)
		return;
	g_clear_handle_id(&self->restart_timer, g_source_remove);
	forget_process(self);
	g_strfreev(self->environment);
	g_free(self->last_line);
	g_free(self->last_words);
	g_string_free(self->line, TRUE);
	g_mutex_clear(&self->mutex);
	g_free(self);
}

const struct daemon_kind *daemon_kind_of(const struct daemon *self)
{
	return self->kind;
}

static void watch(struct daemon *self, pid_t pid, bool is_child, int output_fd)
{
	self->pid = pid;
	self->is_child = is_child;
	self->pid_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	self->output_fd = output_fd;
	if (self->pid_fd >= 0)
		self->end_source = g_unix_fd_add(self->pid_fd, G_IO_IN, has_ended, self);
	if (output_fd >= 0)
		self->output_source =
			g_unix_fd_add(output_fd, G_IO_IN | G_IO_HUP | G_IO_ERR, has_output, self);
}

/*
 * The daemon has both ends of the pipe, so it can write, even after its keeper has died: to nobody
 * then, and without waiting when the pipe is full. A new keeper opens the pipe by the daemon's
 * standard input.
 */
static bool spawn(struct daemon *self, pid_t *pid, int *output_fd, GError **error)
{
	g_auto(GStrv) argv = program_command_line(self->kind->argv);
	g_autoptr(GError) reason = NULL;
	int fds[2];
	bool good;

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0) {
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot run '%s'", self->kind->name);
		return false;
	}
	good = g_spawn_async_with_fds("/", argv, self->environment, G_SPAWN_DO_NOT_REAP_CHILD, NULL,
		NULL, pid, fds[0], fds[1], fds[1], &reason);
	close(fds[1]);
	*output_fd = fds[0];
	if (good)
		return true;
	close(fds[0]);
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED, "cannot run '%s': %s: install %s",
		self->kind->name, reason->message, self->kind->package);
	return false;
}

static bool start(struct daemon *self, GError **error)
{
	int output_fd;
	pid_t pid;

	if (!spawn(self, &pid, &output_fd, error))
		return false;
	self->since_s = clock_now_s();
	watch(self, pid, true, output_fd);
	return true;
}

bool daemon_start(struct daemon *self, GError **error)
{
	bool good;

	g_mutex_lock(&self->mutex);
	self->wanted = true;
	good = self->pid != 0 || start(self, error);
	g_mutex_unlock(&self->mutex);
	return good;
}

static gint64 epoch_of(double started)
{
	struct timespec since_boot;

	if (started < 0 || clock_gettime(CLOCK_BOOTTIME, &since_boot) != 0)
		return 0;
	return clock_now_s() - (gint64)((double)since_boot.tv_sec - started);
}

/* Its incarnation. One that ended is not in the namespace any more, even if nobody reaps it. */
static char *find_running(const char *name)
{
	g_autoptr(GArray) pids = netns_processes(netns_own_inode());
	char *found = NULL;

	for (guint i = 0; i < pids->len && found == NULL; i++)
		found = process_incarnation(
			KERNEL_PROC_DIR, g_array_index(pids, pid_t, i), name, PROCESS_USER);
	return found;
}

bool daemon_adopt(struct daemon *self)
{
	g_autofree char *incarnation = find_running(self->kind->name);
	g_autofree char *input =
		incarnation != NULL ? process_path(KERNEL_PROC_DIR, incarnation, "fd/0") : NULL;

	if (incarnation == NULL)
		return false;
	g_mutex_lock(&self->mutex);
	if (self->pid == 0) {
		self->wanted = true;
		self->since_s = epoch_of(process_started(incarnation));
		watch(self, (pid_t)g_ascii_strtoll(incarnation, NULL, 10), false,
			open(input, O_RDONLY | O_NONBLOCK | O_CLOEXEC));
	}
	g_mutex_unlock(&self->mutex);
	return true;
}

static void log_line(struct daemon *self)
{
	if (self->line->len > 0) {
		qb_log(self->kind->logs_itself ? LOG_DEBUG : LOG_INFO, "%s: %s", self->kind->name,
			self->line->str);
		g_free(self->last_line);
		self->last_line = g_utf8_make_valid(self->line->str, (gssize)self->line->len);
	}
	g_string_truncate(self->line, 0);
}

static void take_output(struct daemon *self, const char *bytes, gsize length)
{
	for (gsize i = 0; i < length; i++) {
		if (bytes[i] == '\n' || self->line->len >= LINE_MAX)
			log_line(self);
		if (bytes[i] != '\n' && bytes[i] != '\0')
			g_string_append_c(self->line, bytes[i]);
	}
}

/* False: nothing comes any more. */
static bool read_output(struct daemon *self)
{
	char bytes[1024];
	gssize got;

	while ((got = read(self->output_fd, bytes, sizeof(bytes))) > 0)
		take_output(self, bytes, (gsize)got);
	return got < 0 && (errno == EAGAIN || errno == EINTR);
}

static gboolean has_output(
	gint fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
	struct daemon *self = data;
	bool more;

	g_mutex_lock(&self->mutex);
	more = read_output(self);
	if (!more) {
		self->output_source = 0;
		close_fd(&self->output_fd);
	}
	g_mutex_unlock(&self->mutex);
	return more ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static guint recent_ends(const struct daemon *self)
{
	gint64 since_us = clock_now_us() - MINUTE_US;
	guint count = 0;

	for (guint i = 0; i < MIN(self->end_count, ENDS); i++)
		count += self->ends_us[i] > since_us;
	return count;
}

/* Returns how long to wait, before it is started again. That it was killed says nothing of the next
 * one. */
static guint note_end(struct daemon *self)
{
	guint recent;

	self->ends_us[self->end_count++ % ENDS] = self->is_killed ? G_MININT64 : clock_now_us();
	recent = recent_ends(self);
	return recent <= 1 ? 0 : MIN(PAUSE_MAX_MS, 500u << MIN(recent - 1, 8));
}

static void reap(struct daemon *self)
{
	int status = 0;

	if (self->output_fd >= 0)
		read_output(self);
	log_line(self);
	g_free(self->last_words);
	self->last_words = g_steal_pointer(&self->last_line);
	if (self->is_child && waitpid(self->pid, &status, WNOHANG) == self->pid)
		qb_log(self->wanted ? LOG_WARNING : LOG_INFO, "'%s' (process %d) ended: %s %d",
			self->kind->name, (int)self->pid, WIFSIGNALED(status) ? "signal" : "status",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	else
		qb_log(self->wanted ? LOG_WARNING : LOG_INFO, "'%s' (process %d) ended",
			self->kind->name, (int)self->pid);
}

static gboolean has_ended(
	gint fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
	struct daemon *self = data;
	guint pause_ms;

	g_mutex_lock(&self->mutex);
	if (self->end_source != 0) {
		self->end_source = 0;
		reap(self);
		pause_ms = note_end(self);
		forget_process(self);
		if (self->wanted)
			self->restart_timer = g_timeout_add(pause_ms, restart, self);
	}
	g_mutex_unlock(&self->mutex);
	return G_SOURCE_REMOVE;
}

static gboolean restart(gpointer data)
{
	struct daemon *self = data;
	g_autoptr(GError) error = NULL;
	bool good = false;

	g_mutex_lock(&self->mutex);
	self->restart_timer = 0;
	if (self->wanted && self->pid == 0) {
		self->restarts++;
		good = start(self, &error);
		if (!good) {
			qb_log(LOG_WARNING, "%s", error->message);
			self->restart_timer = g_timeout_add(note_end(self), restart, self);
		}
	}
	g_mutex_unlock(&self->mutex);
	if (good && self->restarted != NULL)
		self->restarted(self->kind, self->data);
	return G_SOURCE_REMOVE;
}

/*
 * nfsdcld: nfsd talks to the one that has this pipe open (Linux, fs/nfsd/nfs4recover.c). The kernel
 * makes the pipe when nfsd starts. Until then nfsdcld, with its database open, waits for that by
 * inotify (nfs-utils, utils/nfsdcld/nfsdcld.c, cld_pipe_init()).
 */
static bool has_pipe_or_waits(pid_t pid, GError **error)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/fd", (int)pid);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *fd = g_build_filename(path, name, NULL);
		g_autofree char *link = g_file_read_link(fd, NULL);

		if (link != NULL && (g_str_has_suffix(link, "/nfsd/cld") ||
					    g_str_equal(link, "anon_inode:inotify")))
			return true;
	}
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"it neither has the pipe 'nfsd/cld' open nor waits for the kernel to make it");
	return false;
}

bool daemon_answers(struct daemon *self, guint timeout_ms, GError **error)
{
	pid_t pid;

	g_mutex_lock(&self->mutex);
	pid = self->pid;
	g_mutex_unlock(&self->mutex);
	if (pid == 0) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "it does not run");
		return false;
	}
	if (self->kind->program == 0)
		return has_pipe_or_waits(pid, error);
	return rpc_null_answers(
		self->port, self->kind->program, self->kind->version, timeout_ms, error);
}

static guint ends_of(struct daemon *self)
{
	guint count;

	g_mutex_lock(&self->mutex);
	count = self->end_count;
	g_mutex_unlock(&self->mutex);
	return count;
}

/* Whether it has ended since it had ended so often; `words` gets why. */
static bool ended_since(struct daemon *self, guint ends, char **words)
{
	bool ended;

	g_mutex_lock(&self->mutex);
	ended = self->end_count != ends;
	if (ended)
		*words = g_strdup(self->last_words);
	g_mutex_unlock(&self->mutex);
	return ended;
}

bool daemon_await(struct daemon *self, gint64 deadline_us, GError **error)
{
	guint ends = ends_of(self);

	for (;;) {
		g_autofree char *words = NULL;
		g_autoptr(GError) reason = NULL;
		gint64 left_ms = (deadline_us - clock_now_us()) / 1000;

		if (daemon_answers(self, (guint)CLAMP(left_ms, 1, 2000), &reason))
			return true;
		if (ended_since(self, ends, &words)) {
			g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
				"'%s' does not stay up (%s): see the system log", self->kind->name,
				words != NULL ? words : "it does not say why");
			return false;
		}
		if (left_ms <= 0) {
			g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
				"'%s' does not get ready: %s: see the system log", self->kind->name,
				reason->message);
			return false;
		}
		clock_sleep_us(POLL_US);
	}
}

static void send(struct daemon *self, int signal_number)
{
	if (self->pid_fd >= 0)
		syscall(SYS_pidfd_send_signal, self->pid_fd, signal_number, NULL, 0);
}

void daemon_kill(struct daemon *self)
{
	g_mutex_lock(&self->mutex);
	self->is_killed = true;
	send(self, SIGKILL);
	g_mutex_unlock(&self->mutex);
}

void daemon_ask_to_end(struct daemon *self)
{
	g_mutex_lock(&self->mutex);
	self->wanted = false;
	g_clear_handle_id(&self->restart_timer, g_source_remove);
	send(self, SIGTERM);
	g_mutex_unlock(&self->mutex);
}

static bool is_gone(struct daemon *self)
{
	struct pollfd poller = {.events = POLLIN};
	bool gone;

	g_mutex_lock(&self->mutex);
	poller.fd = self->pid_fd;
	gone = self->pid == 0 || (poller.fd >= 0 && poll(&poller, 1, 0) > 0);
	g_mutex_unlock(&self->mutex);
	return gone;
}

static bool wait_gone(struct daemon *self, gint64 deadline_us)
{
	bool gone;

	while (!(gone = is_gone(self)) && clock_now_us() < deadline_us)
		clock_sleep_us(POLL_US);
	return gone;
}

bool daemon_end(struct daemon *self, gint64 deadline_us)
{
	daemon_ask_to_end(self);
	if (wait_gone(self, deadline_us))
		return true;
	daemon_kill(self);
	return wait_gone(self, clock_now_us() + KILL_US);
}

void daemon_look(struct daemon *self, struct daemon_look *look)
{
	g_mutex_lock(&self->mutex);
	look->pid = self->pid;
	look->since_s = self->since_s;
	look->restarts = self->restarts;
	look->recent = recent_ends(self);
	look->last_words = g_strdup(self->last_words);
	look->wanted = self->wanted;
	g_mutex_unlock(&self->mutex);
}

void daemon_look_clear(struct daemon_look *look)
{
	g_clear_pointer(&look->last_words, g_free);
}
