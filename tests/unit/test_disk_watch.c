/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/disk_watch.h"

#include <string.h>

typedef struct fixture {
	struct group_options options;
	struct problems problems;
} fixture;

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->options.group = "blue";
	self->options.store = "/srv/blue/.lockferry";
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	problems_clear(&self->problems);
}

/* NULL: no such problem; otherwise its text begins so. */
static void assert_text(const fixture *self, enum problem which, const char *expected)
{
	const char *text = self->problems.texts[which];

	if (expected == NULL)
		g_assert_null(text);
	else if (text == NULL || !g_str_has_prefix(text, expected))
		g_error("'%s' does not begin with '%s'", text, expected);
}

static void after(fixture *self, gint64 ms, const char *warning, const char *problem)
{
	disk_watch_look(&self->options, ms, &self->problems);
	assert_text(self, PROBLEM_SLOW_DISK, warning);
	assert_text(self, PROBLEM_DISK, problem);
}

/* It keeps nobody but itself waiting. */
static void test_shared_server(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	after(self, 5000, NULL, NULL);
	after(self, 5001, NULL, "the store '/srv/blue/.lockferry' has not answered for 5 s");
	g_assert_null(strstr(self->problems.texts[PROBLEM_DISK], "every group"));
	after(self, 0, NULL, NULL);
}

static void test_fence(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char late[] = "the store '/srv/blue/.lockferry' has not answered for ";

	self->options.own_server = true;
	self->options.hang_timeout_s = 60;
	after(self, 5000, NULL, NULL);
	after(self, 59999, late, NULL);
	g_assert_nonnull(strstr(self->problems.texts[PROBLEM_SLOW_DISK], "every group"));
	after(self, 60000, late,
		"the disk of group 'blue' hangs, its store has not answered for 60 s");
	after(self, 0, NULL, NULL);
}

static void test_warn(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->options.own_server = true;
	after(self, 1000000, "the store '/srv/blue/.lockferry' has not answered for 1000 s", NULL);
	after(self, 0, NULL, NULL);
}

#define ADD(name, test) g_test_add("/disk_watch/" name, fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("shared-server", test_shared_server);
	ADD("fence", test_fence);
	ADD("warn", test_warn);
	return g_test_run();
}
