/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/fd_source.h"

#include "base/fd.h"

/* GLib allocates and frees this struct. */
struct fd_source {
	GSource base;
	int fd;
	gpointer tag;
	fd_source_turn turn;
	void *data;
};

static gboolean dispatch(
	GSource *source, GSourceFunc callback G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED)
{
	fd_source *self = (fd_source *)source;

	return self->turn(g_source_query_unix_fd(source, self->tag), self->data);
}

static GSourceFuncs functions = {.dispatch = dispatch};

fd_source *fd_source_new(GMainContext *context, const char *name, int fd, GIOCondition condition,
	fd_source_turn turn, void *data)
{
	fd_source *self = (fd_source *)g_source_new(&functions, sizeof(fd_source));

	self->fd = fd;
	self->turn = turn;
	self->data = data;
	g_source_set_static_name(&self->base, name);
	self->tag = g_source_add_unix_fd(&self->base, fd, condition);
	g_source_attach(&self->base, context);
	return self;
}

void fd_source_watch(fd_source *self, GIOCondition condition)
{
	g_source_modify_unix_fd(&self->base, self->tag, condition);
}

void fd_source_wake_at(fd_source *self, gint64 us)
{
	g_source_set_ready_time(&self->base, us);
}

int fd_source_fd(const fd_source *self)
{
	return self->fd;
}

void fd_source_close(fd_source *self)
{
	if (self == NULL)
		return;
	g_source_destroy(&self->base);
	fd_close(&self->fd);
	g_source_unref(&self->base);
}
