/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/serve_watch.h"

#include "base/clock.h"
#include "control/place.h"
#include "keeper/netns.h"
#include "keeper/serve_words.h"
#include "keeper/tool.h"

#include <glib-unix.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RESTART_S 30
#define PAUSE_MAX_S 60

/* One that lived that long did not end because of what ended the one before. */
#define LONG_LIFE_US (60 * G_USEC_PER_SEC)

struct serve_watch {
	char *run_dir;
	char *group;
	serve_watch_ended ended;
	void *data;
	int pid_fd;
	guint source, timer;
	gint64 began_us;
	guint pause_s; /* before it is started again; 0: at once */
	guint restarts;
};

serve_watch *serve_watch_new(
	const char *run_dir, const char *group, serve_watch_ended ended, void *data)
{
	serve_watch *self = g_new0(serve_watch, 1);

	self->run_dir = g_strdup(run_dir);
	self->group = g_strdup(group);
	self->ended = ended;
	self->data = data;
	self->pid_fd = -1;
	return self;
}

void serve_watch_end(serve_watch *self)
{
	g_clear_handle_id(&self->source, g_source_remove);
	clock_timer_clear(&self->timer);
	if (self->pid_fd >= 0)
		close(self->pid_fd);
	self->pid_fd = -1;
}

void serve_watch_free(serve_watch *self)
{
	if (self == NULL)
		return;
	serve_watch_end(self);
	g_free(self->run_dir);
	g_free(self->group);
	g_free(self);
}

/* Its process id is in the file that it holds a lock of; 0: it does not run here. */
static pid_t find(const serve_watch *self)
{
	g_autofree char *path = control_lock_path(self->run_dir, self->group);
	g_autofree char *text = NULL;
	gint64 pid = 0;

	if (g_file_get_contents(path, &text, NULL, NULL))
		g_ascii_string_to_signed(g_strchomp(text), 10, 2, G_MAXINT, &pid, NULL);
	return pid != 0 && netns_has(netns_own_inode(), (pid_t)pid) ? (pid_t)pid : 0;
}

static void is_due(void *data)
{
	serve_watch *self = data;

	self->timer = 0;
	self->restarts++;
	self->ended(self->data);
}

static void plan(serve_watch *self)
{
	if (clock_now_us() - self->began_us > LONG_LIFE_US)
		self->pause_s = 0;
	self->timer = clock_timer_ms(self->pause_s * 1000, is_due, self);
	self->pause_s = self->pause_s == 0 ? 2 : MIN(self->pause_s * 2, PAUSE_MAX_S);
}

static gboolean has_ended(
	gint fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
	serve_watch *self = data;

	self->source = 0;
	serve_watch_end(self);
	plan(self);
	return G_SOURCE_REMOVE;
}

void serve_watch_begin(serve_watch *self)
{
	pid_t pid = find(self);

	serve_watch_end(self);
	self->began_us = clock_now_us();
	self->pid_fd = pid != 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	if (self->pid_fd >= 0)
		self->source = g_unix_fd_add(self->pid_fd, G_IO_IN, has_ended, self);
	else
		plan(self);
}

guint serve_watch_restarts(const serve_watch *self)
{
	return self->restarts;
}

bool serve_watch_restart(const server_options *options, const char *program, GError **error)
{
	g_auto(GStrv) words = serve_words(options, program, RESTART_S);

	if (tool_run((const char *const *)words, (RESTART_S + 5) * 1000, NULL, error))
		return true;
	g_prefix_error(error,
		"the process of group '%s' died, and cannot be started again: ", options->group);
	return false;
}
