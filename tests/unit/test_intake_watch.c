/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/intake_watch.h"

#include "group/intake.h"

#include <string.h>

#define S ((gint64)G_USEC_PER_SEC)

guint __wrap_client_list_size(const client_list *self);

static guint size;

guint __wrap_client_list_size(const client_list *self G_GNUC_UNUSED)
{
	return size;
}

typedef struct fixture {
	struct problems problems;
	gint full;
	client_list *clients;
	intake_watch *watch;
} fixture;

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	size = 1;
	self->clients = client_list_new();
	client_list_put(self->clients, client_new("10.0.0.9", NULL, "10.0.0.9", "node1"));
	self->watch = intake_watch_new(&self->problems, &self->full);
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	intake_watch_free(self->watch);
	client_list_free(self->clients);
	problems_clear(&self->problems);
}

static void test_full(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_true(intake_watch_admits(self->watch, NULL, "10.0.0.8", S));
	g_assert_true(intake_watch_admits(self->watch, self->clients, "10.0.0.8", S));
	g_assert_false(intake_watch_look(self->watch, self->clients, S));
	size = INTAKE_CLIENTS_MAX;
	g_assert_false(intake_watch_look(self->watch, self->clients, S));
	g_assert_true(self->full);
	g_assert_nonnull(self->problems.texts[PROBLEM_FULL]);
	g_assert_false(intake_watch_admits(self->watch, self->clients, "10.0.0.8", S));
	/* This client has a record already. */
	g_assert_true(intake_watch_admits(self->watch, self->clients, "10.0.0.9", S));
	size = 1;
	g_assert_true(intake_watch_look(self->watch, self->clients, S));
	g_assert_false(self->full);
	g_assert_null(self->problems.texts[PROBLEM_FULL]);
	g_assert_false(intake_watch_look(self->watch, self->clients, S));
}

/* Thousands of records that were conveyed for another group may come at once. */
static void test_flood(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	intake_watch_callout(self->watch);
	g_assert_cmpuint(intake_watch_callouts(self->watch), ==, 1);
	intake_watch_note(self->watch, INTAKE_PER_MINUTE_MAX + 1, S);
	intake_watch_look(self->watch, self->clients, S);
	g_assert_null(self->problems.texts[PROBLEM_FLOOD]);
	for (int i = 0; i <= INTAKE_PER_MINUTE_MAX; i++)
		intake_watch_admits(self->watch, self->clients, "10.0.0.8", S);
	intake_watch_look(self->watch, self->clients, S);
	g_assert_nonnull(self->problems.texts[PROBLEM_FLOOD]);
}

static void test_flood_without_callout(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	intake_watch_note(self->watch, INTAKE_PER_MINUTE_MAX + 1, S);
	intake_watch_look(self->watch, self->clients, S);
	g_assert_nonnull(self->problems.texts[PROBLEM_FLOOD]);
}

#define ADD(name, test) g_test_add("/intake_watch/" name, fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("full", test_full);
	ADD("flood", test_flood);
	ADD("flood without callout", test_flood_without_callout);
	return g_test_run();
}
