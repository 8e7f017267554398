/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/reclaim_watch.h"

#include "base/error.h"
#include "pushed_job.h"
#include "server/server.h"
#include "verify/group_look.h"

#include <string.h>

/* A job runs when the test says so. The test sets which locks are held, and how the kernel reacts
 * to the end of grace. */
bool __wrap_group_look_run(struct group_look *self, const struct group_options *options,
	const char *lock_manager, const lock_set *expected, guint max_ms, GError **error);
bool __wrap_server_end_grace(const struct group_options *options, const char *lock_manager,
	struct grace_end *result, GError **error);

#define LOCK_A "/export 11 WRITE 0 EOF"
#define LOCK_B "/export 12 WRITE 0 EOF"
#define S ((gint64)G_USEC_PER_SEC)

typedef struct fixture {
	struct group_options options;
	struct cautions cautions;
	reclaim_watch *watch;
	struct situation now;
	guint ended;        /* how often the call-back ran */
	bool were_all_back; /* what the view said then */
} fixture;

/* The simulated node. */
static struct {
	const char *held[3]; /* NULL-terminated */
	bool restarted;
	bool fails;
	const char *needed_by;
	guint asked_to_end;
} node;

static lock_set *set_of(const char *const *lines)
{
	lock_set *set = lock_set_new();

	for (gsize i = 0; lines[i] != NULL; i++)
		lock_set_put(set, lines[i], 1);
	return set;
}

bool __wrap_group_look_run(struct group_look *self,
	const struct group_options *options G_GNUC_UNUSED, const char *lock_manager,
	const lock_set *expected G_GNUC_UNUSED, guint max_ms G_GNUC_UNUSED, GError **error)
{
	g_assert_cmpstr(lock_manager, ==, "7@7");
	if (node.fails) {
		g_set_error_literal(error, LF_ERROR, LF_ERROR_FAILED, "cannot look");
		return false;
	}
	self->held = set_of(node.held);
	self->agreed = true;
	self->restarted = node.restarted;
	self->doubts = g_ptr_array_new();
	return true;
}

bool __wrap_server_end_grace(const struct group_options *options G_GNUC_UNUSED,
	const char *lock_manager, struct grace_end *result, GError **error G_GNUC_UNUSED)
{
	g_assert_cmpstr(lock_manager, ==, "7@7");
	node.asked_to_end++;
	result->ended = node.needed_by == NULL;
	result->needed_by = g_strdup(node.needed_by);
	return true;
}

static void ended(void *data)
{
	fixture *self = data;

	self->ended++;
	self->were_all_back = reclaim_watch_view(self->watch).all_back;
}

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	memset(&node, 0, sizeof(node));
	self->options.early_grace_end = true;
	self->options.store = "/store";
	self->watch = reclaim_watch_new(&self->options, NULL, &self->cautions, ended, self);
	self->now = (struct situation){
		.now_us = g_get_monotonic_time(),
		.phase = PHASE_RECLAIMING,
		.recovery_due = true,
		.telling = true,
		.lock_manager = "7@7",
		.lock_manager_runs = true,
		.grace = KERNEL_GRACE_RUNS,
	};
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_false(pushed_job_do());
	reclaim_watch_free(self->watch);
	cautions_clear(&self->cautions);
}

static void expect(fixture *self, const char *first, const char *second, bool exact)
{
	const char *const lines[] = {first, second, NULL};
	const struct reclaim_expectation expected = {
		.locks = set_of(lines), .exact = exact, .after_crash = !exact};

	reclaim_watch_expect(self->watch, &expected, self->now.now_us);
}

/* Moves the time on by a second. Returns whether there was a look. */
static bool look(fixture *self)
{
	self->now.now_us += S;
	reclaim_watch_look(self->watch, &self->now);
	return pushed_job_do();
}

static guint missing(const fixture *self)
{
	return reclaim_watch_view(self->watch).missing;
}

static void test_ends_with_the_last_lock(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	expect(self, LOCK_A, LOCK_B, true);
	g_assert_cmpuint(missing(self), ==, 2);
	node.held[0] = LOCK_A;
	g_assert_true(look(self));
	g_assert_cmpuint(missing(self), ==, 1);
	g_assert_cmpuint(node.asked_to_end, ==, 0);
	node.held[1] = LOCK_B;
	g_assert_true(look(self));
	g_assert_cmpuint(node.asked_to_end, ==, 1);
	g_assert_cmpuint(self->ended, ==, 1);
	g_assert_true(self->were_all_back);
	g_assert_false(reclaim_watch_view(self->watch).known);
	g_assert_false(look(self));
}

/* A set that was recorded some seconds before a crash may lack a lock, so it proves nothing if all
 * of it is back. */
static void test_not_after_a_crash(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const struct caution *caution;

	expect(self, LOCK_A, LOCK_B, false);
	node.held[0] = LOCK_A;
	node.held[1] = LOCK_B;
	g_assert_false(look(self));
	node.held[1] = NULL;
	self->now.grace = KERNEL_GRACE_OVER;
	g_assert_false(cautions_any(&self->cautions));
	g_assert_true(look(self));
	g_assert_cmpuint(node.asked_to_end, ==, 0);
	g_assert_cmpuint(self->ended, ==, 0);
	caution = g_ptr_array_index(self->cautions.all, 0);
	g_assert_nonnull(g_strstr_len(caution->text, -1,
		"1 of the 2 locks recorded before the crash were not reclaimed"));
	g_assert_false(look(self));
}

static void test_not_where_it_is_not_wanted(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->options.early_grace_end = false;
	expect(self, LOCK_A, NULL, true);
	node.held[0] = LOCK_A;
	g_assert_false(look(self));
	self->now.grace = KERNEL_GRACE_OVER;
	g_assert_true(look(self));
	g_assert_cmpuint(node.asked_to_end, ==, 0);
	g_assert_false(cautions_any(&self->cautions));
}

/* There is no look before clients are told, or while the group is not reclaiming. */
static void test_not_before_clients_are_told(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	expect(self, LOCK_A, NULL, true);
	node.held[0] = LOCK_A;
	self->now.telling = false;
	g_assert_false(look(self));
	self->now.phase = PHASE_ARMED;
	g_assert_false(look(self));
	self->now.phase = PHASE_FROZEN;
	self->now.recovery_due = false;
	g_assert_false(look(self));
	/* No client needs to be told. */
	self->now.phase = PHASE_SERVING;
	g_assert_true(look(self));
	g_assert_cmpuint(self->ended, ==, 1);
}

/* A client may have had a lock that was overlooked. */
static void test_no_lock_and_a_silent_client(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	expect(self, NULL, NULL, true);
	g_assert_true(look(self));
	g_assert_cmpuint(node.asked_to_end, ==, 0);
	self->now.all_have_heard = true;
	/* This is the case: this lock was held before. */
	node.held[0] = LOCK_A;
	g_assert_true(look(self));
	g_assert_cmpuint(node.asked_to_end, ==, 0);
	node.held[0] = NULL;
	g_assert_true(look(self));
	g_assert_cmpuint(self->ended, ==, 1);
}

static void test_another_group_needs_it(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	expect(self, LOCK_A, NULL, true);
	node.held[0] = LOCK_A;
	node.needed_by = "green";
	g_assert_true(look(self));
	g_assert_cmpuint(self->ended, ==, 0);
	g_assert_cmpstr(reclaim_watch_view(self->watch).needed_by, ==, "green");
	/* The other group asks us as well, and gets this answer. */
	g_assert_true(reclaim_watch_view(self->watch).all_back);
	node.needed_by = NULL;
	g_assert_true(look(self));
	g_assert_cmpuint(self->ended, ==, 1);
	g_assert_null(reclaim_watch_view(self->watch).needed_by);
}

/* All locks must be reclaimed once more; none is lost. */
static void test_lock_manager_restarted(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	expect(self, LOCK_A, NULL, true);
	node.restarted = true;
	g_assert_true(look(self));
	g_assert_cmpuint(node.asked_to_end, ==, 0);
	self->now.grace = KERNEL_GRACE_OVER;
	g_assert_true(look(self));
	g_assert_false(cautions_any(&self->cautions));
}

/* The result belongs to the locks of an earlier takeover, and is ignored. */
static void test_taken_over_during_a_look(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	expect(self, LOCK_A, NULL, true);
	node.held[0] = LOCK_A;
	reclaim_watch_look(self->watch, &self->now);
	expect(self, LOCK_A, LOCK_B, true);
	self->now.now_us += S;
	reclaim_watch_look(self->watch, &self->now);
	g_assert_true(pushed_job_do());
	g_assert_cmpuint(self->ended, ==, 0);
	g_assert_cmpuint(missing(self), ==, 2);
	g_assert_true(reclaim_watch_view(self->watch).known);
	g_assert_true(look(self));
	g_assert_cmpuint(missing(self), ==, 1);
}

/* The grace period runs its full length. */
static void test_a_look_that_fails(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	expect(self, LOCK_A, NULL, true);
	node.fails = true;
	g_assert_true(look(self));
	g_assert_false(reclaim_watch_view(self->watch).known);
	g_assert_false(look(self));
}

#define ADD(name, test) g_test_add("/reclaim_watch/" name, fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("ends with the last lock", test_ends_with_the_last_lock);
	ADD("not after a crash", test_not_after_a_crash);
	ADD("not where it is not wanted", test_not_where_it_is_not_wanted);
	ADD("not before clients are told", test_not_before_clients_are_told);
	ADD("no lock and a silent client", test_no_lock_and_a_silent_client);
	ADD("another group needs it", test_another_group_needs_it);
	ADD("lock manager restarted", test_lock_manager_restarted);
	ADD("taken over during a look", test_taken_over_during_a_look);
	ADD("a look that fails", test_a_look_that_fails);
	return g_test_run();
}
