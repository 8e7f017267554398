/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/lock_recorder.h"

#include "base/error.h"
#include "kernel/lock_set.h"
#include "net/connections.h"
#include "pushed_job.h"
#include "verify/group_look.h"

#include <string.h>

/* A job runs when the test says so. The test sets which locks are held, and notes what is saved. */
bool __wrap_group_look_run(struct group_look *self, const struct group_options *options,
	const char *lock_manager, const lock_set *expected, guint max_ms, GError **error);
GArray *__wrap_connections_now(const struct kernel *kernel, const char *const *addresses);
bool __wrap_store_save_text(
	store *self, guint64 epoch, enum store_text which, GBytes *text, GError **error);

#define LOCK "/export 11 WRITE 0 EOF"
#define S ((gint64)G_USEC_PER_SEC)

/* Never dereferenced. */
#define LOOKS ((worker *)GUINT_TO_POINTER(1))
#define WRITES ((worker *)GUINT_TO_POINTER(2))
#define STORE ((store *)GUINT_TO_POINTER(3))

typedef struct fixture {
	struct group_options options;
	struct problems problems;
	lock_recorder *recorder;
	struct situation now;
} fixture;

/* The simulated node and its store. */
static struct {
	guint held;        /* number of locks, all alike */
	const char *doubt; /* where Lockferry cannot look */
	bool restarted;
	int save_error; /* 0: no error */
	GString *saved; /* one word for each text: which one, and the epoch */
} node;

static void do_job(const worker *by)
{
	g_assert_true(pushed_job_is_of(by));
	pushed_job_do();
}

bool __wrap_group_look_run(struct group_look *self,
	const struct group_options *options G_GNUC_UNUSED, const char *lock_manager,
	const lock_set *expected, guint max_ms G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
	g_assert_cmpstr(lock_manager, ==, "7@7");
	g_assert_null(expected);
	self->held = lock_set_new();
	if (node.held > 0)
		lock_set_put(self->held, LOCK, node.held);
	self->restarted = node.restarted;
	self->doubts = g_ptr_array_new_with_free_func(g_free);
	if (node.doubt != NULL)
		g_ptr_array_add(self->doubts, g_strdup(node.doubt));
	return true;
}

GArray *__wrap_connections_now(
	const struct kernel *kernel G_GNUC_UNUSED, const char *const *addresses G_GNUC_UNUSED)
{
	return connections_new();
}

bool __wrap_store_save_text(
	store *self, guint64 epoch, enum store_text which, GBytes *text, GError **error)
{
	g_assert_true(self == STORE);
	g_assert_nonnull(text);
	if (node.save_error != 0) {
		g_set_error_literal(error, LF_ERROR, node.save_error, "full");
		return false;
	}
	g_string_append_printf(node.saved, "%s@%u ",
		which == STORE_LOCKS_RECORDED ? "locks"
		: which == STORE_CONNECTIONS  ? "connections"
					      : "?",
		(guint)epoch);
	return true;
}

static void assert_saved(const char *expected)
{
	g_assert_cmpstr(node.saved->str, ==, expected);
	g_string_truncate(node.saved, 0);
}

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	memset(&node, 0, sizeof(node));
	node.held = 1;
	node.saved = g_string_new(NULL);
	self->recorder = lock_recorder_new(&self->options, LOOKS, WRITES, &self->problems);
	lock_recorder_use(self->recorder, STORE);
	self->now = (struct situation){
		.now_us = g_get_monotonic_time(),
		.phase = PHASE_SERVING,
		.epoch = 3,
		.lock_manager = "7@7",
	};
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_false(pushed_job_waits());
	assert_saved("");
	lock_recorder_free(self->recorder);
	problems_clear(&self->problems);
	g_string_free(node.saved, TRUE);
}

/* Moves the time on by `seconds`. Returns whether there is a look. */
static bool looks_after(fixture *self, gint64 seconds)
{
	self->now.now_us += seconds * S;
	lock_recorder_look(self->recorder, &self->now);
	return pushed_job_waits();
}

static void test_as_it_begins_and_as_it_changes(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_true(looks_after(self, 0));
	/* Only one look runs at a time. */
	lock_recorder_look(self->recorder, &self->now);
	do_job(LOOKS);
	assert_saved("");
	do_job(WRITES);
	assert_saved("locks@3 connections@3 ");
	g_assert_false(looks_after(self, 9));
	g_assert_true(looks_after(self, 2));
	do_job(LOOKS);
	g_assert_false(looks_after(self, 9));
	node.held = 2;
	g_assert_true(looks_after(self, 2));
	do_job(LOOKS);
	do_job(WRITES);
	assert_saved("locks@3 ");
}

/* The set of the handover is in the store, or is being written: this one would replace it. */
static void test_handed_over_during_a_look(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_true(looks_after(self, 0));
	lock_recorder_renew(self->recorder);
	do_job(LOOKS);
	g_assert_false(pushed_job_waits());
	/* The look was useless, so the next one need not wait. */
	g_assert_true(looks_after(self, 1));
	do_job(LOOKS);
	do_job(WRITES);
	assert_saved("locks@3 connections@3 ");
}

/* The store then has another text than the one that was written. */
static void test_handed_over_during_the_write(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_true(looks_after(self, 0));
	do_job(LOOKS);
	lock_recorder_renew(self->recorder);
	do_job(WRITES);
	assert_saved("locks@3 connections@3 ");
	self->now.epoch = 4;
	g_assert_true(looks_after(self, 1));
	do_job(LOOKS);
	do_job(WRITES);
	assert_saved("locks@4 connections@4 ");
}

static void test_only_while_served(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	for (int i = 0; i < PHASE_COUNT; i++) {
		self->now.phase = (enum phase)i;
		if (i != PHASE_SERVING)
			g_assert_false(looks_after(self, 20));
	}
	self->now.phase = PHASE_SERVING;
	self->now.stopping = true;
	g_assert_false(looks_after(self, 20));
}

/* Its locks are the ones that must be recovered. */
static void test_lock_manager_restarted(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	node.restarted = true;
	g_assert_true(looks_after(self, 0));
	do_job(LOOKS);
	g_assert_false(pushed_job_waits());
}

static void test_problems(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	node.save_error = LF_ERROR_FAILED;
	node.doubt = "nobody can look at '/other'";
	g_assert_true(looks_after(self, 0));
	do_job(LOOKS);
	do_job(WRITES);
	g_assert_cmpstr(self->problems.texts[PROBLEM_LOCKS], ==,
		"cannot record which locks and connections clients have: full");
	g_assert_null(self->problems.texts[PROBLEM_LOCK_SET]);
	/* The group was taken over in the meantime, so this is not a problem. */
	node.save_error = LF_ERROR_OUTDATED;
	g_assert_true(looks_after(self, 11));
	do_job(LOOKS);
	do_job(WRITES);
	g_assert_null(self->problems.texts[PROBLEM_LOCKS]);
	node.save_error = 0;
	g_assert_true(looks_after(self, 11));
	do_job(LOOKS);
	do_job(WRITES);
	assert_saved("locks@3 connections@3 ");
	g_assert_nonnull(g_strstr_len(
		self->problems.texts[PROBLEM_LOCK_SET], -1, "nobody can look at '/other'"));
}

#define ADD(name, test) g_test_add("/lock_recorder/" name, fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("as it begins and as it changes", test_as_it_begins_and_as_it_changes);
	ADD("handed over during a look", test_handed_over_during_a_look);
	ADD("handed over during the write", test_handed_over_during_the_write);
	ADD("only while served", test_only_while_served);
	ADD("lock manager restarted", test_lock_manager_restarted);
	ADD("problems", test_problems);
	return g_test_run();
}
