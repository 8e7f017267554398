/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/fd_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct fixture {
	GMainContext *context;
	fd_source *source;
	int fd;   /* the source's */
	int peer; /* of the socket */
	guint turns;
	GIOCondition condition; /* of the last turn */
	bool closes, ends;      /* what the next turn does */
} fixture;

static gboolean turn(GIOCondition condition, void *data)
{
	fixture *self = data;

	self->turns++;
	self->condition = condition;
	if (self->closes)
		g_clear_pointer(&self->source, fd_source_close);
	return !self->ends;
}

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	int fds[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
	self->fd = fds[0];
	self->peer = fds[1];
	self->context = g_main_context_new();
	self->source = fd_source_new(self->context, "test", self->fd, G_IO_IN, turn, self);
	g_assert_cmpint(fd_source_fd(self->source), ==, self->fd);
}

static void assert_closed(int fd)
{
	g_assert_cmpint(fcntl(fd, F_GETFD), ==, -1);
	g_assert_cmpint(errno, ==, EBADF);
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	fd_source_close(self->source);
	assert_closed(self->fd);
	close(self->peer);
	g_main_context_unref(self->context);
}

/* Whether there was a turn without waiting. */
static bool has_turn(fixture *self)
{
	guint before = self->turns;

	g_main_context_iteration(self->context, FALSE);
	return self->turns > before;
}

static void test_conditions(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_false(has_turn(self));
	fd_source_watch(self->source, G_IO_IN | G_IO_OUT);
	g_assert_true(has_turn(self));
	g_assert_cmpint(self->condition, ==, G_IO_OUT);
	fd_source_watch(self->source, G_IO_IN);
	g_assert_false(has_turn(self));
	g_assert_cmpint(write(self->peer, "x", 1), ==, 1);
	g_assert_true(has_turn(self));
	g_assert_cmpint(self->condition, ==, G_IO_IN);
}

static void test_alarm(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	gint64 now_us = g_get_monotonic_time();

	fd_source_wake_at(self->source, now_us + (gint64)3600 * G_USEC_PER_SEC);
	g_assert_false(has_turn(self));
	fd_source_wake_at(self->source, now_us);
	g_assert_true(has_turn(self));
	g_assert_cmpint(self->condition, ==, 0);
	g_assert_true(has_turn(self));
	fd_source_wake_at(self->source, -1);
	g_assert_false(has_turn(self));
}

static void test_closed_in_turn(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->closes = true;
	fd_source_wake_at(self->source, 0);
	g_assert_true(has_turn(self));
	assert_closed(self->fd);
	g_assert_false(has_turn(self));
}

/* It keeps its descriptor until it is closed. */
static void test_removed(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->ends = true;
	fd_source_wake_at(self->source, 0);
	g_assert_true(has_turn(self));
	g_assert_false(has_turn(self));
	g_assert_cmpint(fcntl(self->fd, F_GETFD), !=, -1);
}

#define ADD(name, test) g_test_add("/fd_source/" name, fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("conditions", test_conditions);
	ADD("alarm", test_alarm);
	ADD("closed in turn", test_closed_in_turn);
	ADD("removed", test_removed);
	return g_test_run();
}
