/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/server_watch.h"

#include "base/error.h"
#include "pushed_job.h"
#include "server/own.h"

#include <json-glib/json-glib.h>
#include <string.h>

JsonObject *__wrap_own_server_status(
	const char *run_dir, const char *group, gint64 deadline_us, GError **error);
gint64 __wrap_clock_now_us(void);

#define S ((gint64)G_USEC_PER_SEC)

typedef struct fixture {
	struct group_options options;
	struct problems problems;
	server_watch *watch;
	struct situation now;
} fixture;

/* The keeper. */
static struct {
	const char *problems[3]; /* NULL-terminated */
	const char *warning;     /* NULL: it tells none, as one of an earlier version */
	int error;               /* 0: it answers */
} keeper;

static gint64 now_us;

gint64 __wrap_clock_now_us(void)
{
	return now_us;
}

JsonObject *__wrap_own_server_status(
	const char *run_dir, const char *group, gint64 deadline_us, GError **error)
{
	JsonObject *answer;
	JsonArray *problems;

	g_assert_cmpstr(run_dir, ==, "/run/x");
	g_assert_cmpstr(group, ==, "blue");
	g_assert_cmpint(deadline_us, >, now_us);
	if (keeper.error != 0) {
		g_set_error_literal(error, LF_ERROR, keeper.error, "no keeper");
		return NULL;
	}
	answer = json_object_new();
	problems = json_array_new();
	for (gsize i = 0; keeper.problems[i] != NULL; i++)
		json_array_add_string_element(problems, keeper.problems[i]);
	json_object_set_array_member(answer, "problems", problems);
	if (keeper.warning != NULL) {
		JsonArray *warnings = json_array_new();

		json_array_add_string_element(warnings, keeper.warning);
		json_object_set_array_member(answer, "warnings", warnings);
	}
	return answer;
}

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	memset(&keeper, 0, sizeof(keeper));
	now_us = 1000 * S;
	self->options.group = "blue";
	self->options.run_dir = "/run/x";
	self->options.own_server = true;
	self->options.kernel.nfsd_dir = "/none";
	self->watch = server_watch_new(&self->options, NULL, &self->problems);
	self->now = (struct situation){.now_us = now_us, .phase = PHASE_SERVING};
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_false(pushed_job_do());
	server_watch_free(self->watch);
	problems_clear(&self->problems);
}

/* So many seconds later; whether there was a look. */
static bool looks_after(fixture *self, gint64 seconds)
{
	now_us += seconds * S;
	self->now.now_us = now_us;
	server_watch_look(self->watch, &self->now);
	return pushed_job_do();
}

static void assert_problem(const fixture *self, const char *expected)
{
	g_assert_cmpstr(self->problems.texts[PROBLEM_SERVER], ==, expected);
}

static void test_problems(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_true(looks_after(self, 1));
	assert_problem(self, NULL);
	g_assert_nonnull(server_watch_view(self->watch).keeper);
	g_assert_false(looks_after(self, 4));
	keeper.problems[0] = "rpc.mountd dies";
	keeper.problems[1] = "the link is down";
	g_assert_true(looks_after(self, 1));
	assert_problem(self, "rpc.mountd dies; the link is down");
	keeper.problems[0] = NULL;
	g_assert_true(looks_after(self, 5));
	assert_problem(self, NULL);
}

static void test_no_keeper(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_true(looks_after(self, 1));
	keeper.error = LF_ERROR_NOT_RUNNING;
	g_assert_true(looks_after(self, 5));
	assert_problem(self, "no keeper");
	g_assert_null(server_watch_view(self->watch).keeper);
	keeper.error = 0;
	g_assert_true(looks_after(self, 5));
	assert_problem(self, NULL);
}

static void test_warnings(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	keeper.warning = "lockd is silent";
	g_assert_true(looks_after(self, 1));
	assert_problem(self, NULL);
	g_assert_cmpstr(self->problems.texts[PROBLEM_KEEPER], ==, "lockd is silent");
	keeper.error = LF_ERROR_NOT_RUNNING;
	g_assert_true(looks_after(self, 5));
	g_assert_null(self->problems.texts[PROBLEM_KEEPER]);
	keeper.error = 0;
	keeper.warning = NULL;
	g_assert_true(looks_after(self, 5));
	g_assert_null(self->problems.texts[PROBLEM_KEEPER]);
}

/* It may have much to do, but not for ever. */
static void test_late(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	keeper.error = LF_ERROR_TIMEOUT;
	g_assert_true(looks_after(self, 5));
	g_assert_true(looks_after(self, 15));
	assert_problem(self, NULL);
	g_assert_true(looks_after(self, 5));
	assert_problem(self, "no keeper");
}

static void test_only_while_it_should_run(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->now.phase = PHASE_ADOPTING;
	g_assert_false(looks_after(self, 10));
	self->now.phase = PHASE_FROZEN;
	g_assert_true(looks_after(self, 10));
	self->now.stopping = true;
	g_assert_false(looks_after(self, 10));
	self->now.stopping = false;
	self->options.own_server = false;
	g_assert_false(looks_after(self, 10));
}

/* What was found out before the phase changed is of a server that may have been stopped since. */
static void test_another_phase(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	keeper.problems[0] = "the server has no threads";
	server_watch_look(self->watch, &self->now);
	server_watch_renew(self->watch);
	g_assert_true(pushed_job_do());
	assert_problem(self, NULL);
	g_assert_null(server_watch_view(self->watch).keeper);
}

#define ADD(name, test) g_test_add("/server_watch/" name, fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("problems", test_problems);
	ADD("no-keeper", test_no_keeper);
	ADD("warnings", test_warnings);
	ADD("late", test_late);
	ADD("only-while-it-should-run", test_only_while_it_should_run);
	ADD("another-phase", test_another_phase);
	return g_test_run();
}
