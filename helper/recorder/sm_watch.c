/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recorder/sm_watch.h"

#include "base/error.h"

#include <glib-unix.h>
#include <stdbool.h>
#include <sys/inotify.h>
#include <unistd.h>

/* CLOSE_WRITE: a new file is complete. MOVED_TO: statd added a line to a file, using a temporary
 * file. */
#define WATCHED                                                                                    \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF |               \
		IN_MOVE_SELF | IN_ONLYDIR)

struct sm_watch {
	int fd;
	int parent_watch; /* -1 if there is none */
	char *name;       /* the name of the directory in its parent */
	guint source;
	sm_watch_woken woken;
	void *data;
};

static gboolean readable(gint fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
	const sm_watch *self = data;

	self->woken(self->data);
	return G_SOURCE_CONTINUE;
}

sm_watch *sm_watch_new(const char *path, sm_watch_woken woken, void *data, GError **error)
{
	g_autoptr(sm_watch) self = g_new0(sm_watch, 1);
	g_autofree char *parent = g_path_get_dirname(path);

	self->woken = woken;
	self->data = data;
	self->name = g_path_get_basename(path);
	self->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (self->fd < 0 || inotify_add_watch(self->fd, path, WATCHED) < 0) {
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot watch '%s'", path);
		return NULL;
	}
	self->parent_watch = inotify_add_watch(self->fd, parent, IN_DELETE | IN_ONLYDIR);
	self->source = g_unix_fd_add(self->fd, G_IO_IN, readable, self);
	return g_steal_pointer(&self);
}

/* The directory is kept open, so only a watch on its parent shows its removal. */
static bool says_gone(const sm_watch *self, const struct inotify_event *event)
{
	if (event->wd == self->parent_watch)
		return event->len > 0 && g_str_equal(event->name, self->name);
	return event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT);
}

static void tell(const sm_watch *self, const struct inotify_event *event,
	const struct sm_watch_events *events, void *data)
{
	if (event->mask & IN_Q_OVERFLOW)
		events->lost(data);
	else if (says_gone(self, event))
		events->gone(data);
	else if (event->wd != self->parent_watch && event->len > 0)
		events->changed(event->name, data);
}

void sm_watch_read(sm_watch *self, const struct sm_watch_events *events, void *data)
{
	char buffer[16 * 1024] __attribute__((aligned(__alignof__(struct inotify_event))));
	gssize length;

	while ((length = read(self->fd, buffer, sizeof(buffer))) > 0) {
		for (const char *at = buffer; at < buffer + length;) {
			const struct inotify_event *event = (const struct inotify_event *)at;

			tell(self, event, events, data);
			at += sizeof(*event) + event->len;
		}
	}
}

void sm_watch_free(sm_watch *self)
{
	if (self == NULL)
		return;
	g_clear_handle_id(&self->source, g_source_remove);
	if (self->fd >= 0)
		close(self->fd);
	g_free(self->name);
	g_free(self);
}
