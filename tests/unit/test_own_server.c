/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Groups whose NFS server is their own: what a takeover and a handover ask its keeper. */
#include "service/handover.h"
#include "service/takeover.h"

#include "base/error.h"
#include "fake_keeper.h"
#include "quick_time.h"
#include "server/server.h"
#include "two_nodes.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

typedef struct fixture {
	two_nodes nodes;
	fake_keeper *a, *b;
} fixture;

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	two_nodes_set_up(&self->nodes, NULL);
	/* The keeper is a thread, which needs the time itself. */
	quick_time_stop();
	self->a = fake_keeper_new(self->nodes.a.scratch, GROUP, "sm");
	self->b = fake_keeper_new(self->nodes.b.scratch, GROUP, "sm");
	self->nodes.a.options.own_server = true;
	self->nodes.b.options.own_server = true;
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	fake_keeper_free(self->a);
	fake_keeper_free(self->b);
	two_nodes_tear_down(&self->nodes, NULL);
}

static void assert_asked(fake_keeper *keeper, const char *expected)
{
	g_autofree char *asked = fake_keeper_asked(keeper);

	g_assert_cmpstr(asked, ==, expected);
}

static void record_clients(struct node *node)
{
	struct capture capture = {.sm_dir = node->sm_dir, .store = node->store};
	struct captured captured = {0};
	g_autoptr(GError) error = NULL;

	g_assert_true(capture_all(&capture, 1000, &captured, &error));
	g_assert_no_error(error);
	captured_clear(&captured);
}

/* Node A serves since its first start: two clients and three locks. */
static group_state *serve(fixture *self)
{
	group_state *state = must_take_over(&self->nodes.a, ADOPTION_RESUME, 0);

	assert_asked(self->a, "stop-server start-server 10() ");
	g_assert_cmpstr(
		state->lock_manager, ==, "77@1000 net:4026532008 listener:31001 began:0 grace:10");
	scratch_write(self->nodes.a.scratch, "sm/client-a", RECORD_A);
	scratch_write(self->nodes.a.scratch, "sm/10.99.0.22", RECORD_B);
	hold_locks(&self->nodes, &self->nodes.a, 3);
	record_clients(&self->nodes.a);
	set_phase(&self->nodes.a, state, PHASE_SERVING);
	return state;
}

/* The last steps of the process on node A, as ownership.c has them done. */
static bool release(fixture *self, group_state *state, struct handover *job, GError **error)
{
	static struct capture capture;
	bool done;

	capture = (struct capture){.sm_dir = self->nodes.a.sm_dir, .store = self->nodes.a.store};
	job->options = &self->nodes.a.options;
	job->capture = &capture;
	job->stop_server = true;
	job->state = group_state_copy(state);
	job->state->phase = PHASE_RELEASED;
	done = handover_run(job, error);
	handover_clear(job);
	return done;
}

static void must_release(fixture *self, group_state *state)
{
	g_autoptr(GError) error = NULL;
	struct handover job = {0};

	hand_over_at_once(&self->nodes.a, state, PHASE_FROZEN, false);
	g_assert_true(release(self, state, &job, &error));
	g_assert_no_error(error);
	assert_asked(self->a, "stop-server ");
	crash(&self->nodes.a);
}

/* Started where the group arrives, with its records there and not a moment earlier; and the locks
 * that were noted are the very ones. */
static void test_move(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(group_state) state = serve(self);
	g_autoptr(GError) error = NULL;
	struct takeover result;

	must_release(self, state);
	take_over(&self->nodes.b, &result, &error);
	g_assert_no_error(error);
	assert_asked(self->b, "stop-server start-server 30(10.99.0.22,client-a) ");
	g_assert_cmpint(result.adoption, ==, ADOPTION_RECOVER);
	g_assert_cmpstr(result.state->lock_manager, ==,
		"77@1000 net:4026532008 listener:31001 began:0 grace:30");
	g_assert_cmpint(kernel_grace(&self->nodes.b.options.kernel), ==, KERNEL_GRACE_RUNS);
	g_assert_true(result.to_reclaim_exact);
	g_assert_cmpuint(lock_set_size(result.to_reclaim), ==, 3);
	g_assert_cmpuint(result.grace.seconds, ==, 30);
	takeover_clear(&result);
}

/* The number that the administrator gave wins; and what was measured makes it shorter. */
static void test_length(fixture *self, gconstpointer data)
{
	const char *expected = data;
	g_autoptr(group_state) state = serve(self);

	if (g_str_equal(expected, "120"))
		self->nodes.b.options.grace_s = 120;
	else if (g_str_equal(expected, "20"))
		scratch_write(self->nodes.shared, "fs/.lockferry/recoveries",
			"lockferry recoveries 1 1\n2 1200 10 900\n");
	else
		self->nodes.b.options.lease_s = 45;
	must_release(self, state);
	group_state_free(must_take_over(&self->nodes.b, ADOPTION_RECOVER, 2));
	g_autofree char *asked =
		g_strdup_printf("stop-server start-server %s(10.99.0.22,client-a) ", expected);
	assert_asked(self->b, asked);
}

/* Who may not have the group starts nothing. */
static void test_not_before_it_may(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	group_state_free(serve(self));
	crash(&self->nodes.a);
	must_be_refused(&self->nodes, &self->nodes.b, LF_ERROR_FAILED, "did not release");
	assert_asked(self->b, "");
}

/* The process alone was restarted. */
static void test_resume(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	group_state_free(serve(self));
	crash(&self->nodes.a);
	self->nodes.a.address_is_here = true;
	group_state_free(must_take_over(&self->nodes.a, ADOPTION_RESUME, 2));
	assert_asked(self->a, "");
}

/* Its server went with nobody asked, and maybe came back in the same way. */
static void test_server_is_gone(fixture *self, gconstpointer data)
{
	g_autoptr(group_state) before = serve(self);
	bool is_back = data != NULL;
	g_autoptr(group_state) state = NULL;

	fake_keeper_stop_server(self->a);
	if (is_back)
		fake_keeper_start_server(self->a);
	self->nodes.a.address_is_here = true;
	state = must_take_over(&self->nodes.a, ADOPTION_RECOVER, 2);
	assert_asked(self->a, is_back ? "" : "stop-server start-server 80(10.99.0.22,client-a) ");
	g_assert_cmpint(state->state_number, >, before->state_number);
	g_assert_true(
		g_str_has_prefix(state->lock_manager, "77@1000 net:4026532008 listener:31002"));
}

/* Others may have taken the locks. */
static void test_grace_over_with_address(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	group_state_free(serve(self));
	fake_keeper_start_server(self->a);
	scratch_set_server(self->nodes.a.scratch, 8, "Y");
	self->nodes.a.address_is_here = true;
	must_be_refused(
		&self->nodes, &self->nodes.a, LF_ERROR_FAILED, "the group's address is here");
	assert_asked(self->a, "");
}

/* One that an earlier process left has a grace period of which nobody knows how much is left. */
static void test_leftover_is_restarted(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(group_state) state = serve(self);

	must_release(self, state);
	fake_keeper_start_server(self->b);
	group_state_free(must_take_over(&self->nodes.b, ADOPTION_RECOVER, 2));
	assert_asked(self->b, "stop-server stop-server start-server 30(10.99.0.22,client-a) ");
}

/* The address did not come in the grace period: another one, with the same server stopped. */
static void test_grace_missed(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(group_state) state = serve(self);
	g_autoptr(group_state) first = NULL;
	g_autoptr(group_state) second = NULL;

	must_release(self, state);
	first = must_take_over(&self->nodes.b, ADOPTION_RECOVER, 2);
	set_phase(&self->nodes.b, first, PHASE_ARMED);
	g_free(fake_keeper_asked(self->b));
	/* While it runs, it is gone on with. */
	group_state_free(must_take_over(&self->nodes.b, ADOPTION_CONTINUE, 2));
	assert_asked(self->b, "");
	scratch_set_server(self->nodes.b.scratch, 8, "Y");
	second = must_take_over(&self->nodes.b, ADOPTION_RECOVER, 2);
	assert_asked(self->b, "stop-server stop-server start-server 80(10.99.0.22,client-a) ");
	g_assert_cmpint(second->state_number, >, first->state_number);
}

/* Another node may take it at once: the store is as it was, and nothing is left running. */
static void test_start_fails(fixture *self, gconstpointer data)
{
	const char *fails = data;
	g_autoptr(group_state) state = serve(self);
	g_autofree char *before = NULL, *after = NULL;
	g_autoptr(GError) error = NULL;
	struct takeover result;

	must_release(self, state);
	before = scratch_read(self->nodes.shared, "fs/.lockferry/state");
	fake_keeper_fail(self->b, fails);
	g_assert_false(take_over(&self->nodes.b, &result, &error));
	g_assert_nonnull(strstr(error->message, "it cannot be done"));
	after = scratch_read(self->nodes.shared, "fs/.lockferry/state");
	g_assert_cmpstr(after, ==, before);
	assert_asked(
		self->b, g_str_equal(fails, "start-server")
				 ? "stop-server start-server 30(10.99.0.22,client-a) stop-server "
				 : "stop-server stop-server ");
}

/* Nobody is there to ask. */
static void test_no_keeper(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->nodes.a.options.run_dir = scratch_mkdir(self->nodes.a.scratch, "nobody");
	must_be_refused(&self->nodes, &self->nodes.a, LF_ERROR_NOT_RUNNING, "no keeper");
}

/* The group is not released by that, and a second try keeps what was noted while the locks were
 * held. */
static void test_stop_fails(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(group_state) state = serve(self);
	g_autofree char *before = NULL, *after = NULL, *locks = NULL;
	g_autoptr(GError) error = NULL;
	struct handover job = {0};

	hand_over_at_once(&self->nodes.a, state, PHASE_FROZEN, false);
	before = scratch_read(self->nodes.shared, "fs/.lockferry/state");
	fake_keeper_fail(self->a, "stop-server");
	g_assert_false(release(self, state, &job, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	after = scratch_read(self->nodes.shared, "fs/.lockferry/state");
	g_assert_cmpstr(after, ==, before);
	fake_keeper_fail(self->a, NULL);
	g_assert_true(release(self, state, &job, NULL));
	assert_asked(self->a, "stop-server stop-server ");
	g_assert_cmpuint(job.locks, ==, 3);
	locks = scratch_read(self->nodes.shared, "fs/.lockferry/locks");
	g_assert_true(g_str_has_prefix(locks, "lockferry locks 1 exact "));
	g_assert_nonnull(strstr(locks, " 102 WRITE"));
}

/* Frozen, it goes on: the address may come back. */
static void test_freeze_keeps_it(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(group_state) state = serve(self);

	g_assert_cmpuint(hand_over_at_once(&self->nodes.a, state, PHASE_FROZEN, false), ==, 3);
	assert_asked(self->a, "");
	g_assert_cmpuint(kernel_nfsd_threads(&self->nodes.a.options.kernel), ==, 8);
}

/* Where the process has died its server may run, in a namespace that nobody here looks into. */
static void test_without_process(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	bool released = true;
	scratch *node = self->nodes.a.scratch;

	group_state_free(serve(self));
	crash(&self->nodes.a);
	scratch_remove(node, "proc/self/ns/net");
	g_assert_cmpint(symlink("net:[4026531840]", scratch_path(node, "proc/self/ns/net")), ==, 0);
	g_assert_false(handover_without_process(&self->nodes.a.options, &released, &error));
	g_assert_nonnull(strstr(error->message, "lockferry server stop --group files"));
}

/* In its namespaces its last steps can be done: it is released as if it had lived. */
static void test_without_process_inside(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(group_state) state = serve(self);
	g_autoptr(GError) error = NULL;
	g_autofree char *locks = NULL;
	bool released = false;

	hand_over_at_once(&self->nodes.a, state, PHASE_FROZEN, false);
	crash(&self->nodes.a);
	g_assert_true(handover_without_process(&self->nodes.a.options, &released, &error));
	g_assert_no_error(error);
	g_assert_true(released);
	assert_asked(self->a, "stop-server ");
	locks = scratch_read(self->nodes.shared, "fs/.lockferry/locks");
	g_assert_true(g_str_has_prefix(locks, "lockferry locks 1 exact "));
	group_state_free(must_take_over(&self->nodes.b, ADOPTION_RECOVER, 2));
	assert_asked(self->b, "stop-server start-server 30(10.99.0.22,client-a) ");
}

/* It is not released while its server may run. */
static void test_without_process_stop_fails(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	bool released = false;

	group_state_free(serve(self));
	crash(&self->nodes.a);
	fake_keeper_fail(self->a, "stop-server");
	g_assert_false(handover_without_process(&self->nodes.a.options, &released, &error));
	g_assert_nonnull(strstr(error->message, "it cannot be done"));
	g_clear_error(&error);
	fake_keeper_fail(self->a, NULL);
	g_assert_true(handover_without_process(&self->nodes.a.options, &released, &error));
	g_assert_true(released);
}

/* lockd is one thread for both kinds of servers. */
static void test_shared_beside(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	struct group_options shared = self->nodes.a.options;
	g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	int turn;

	shared.own_server = false;
	g_assert_false(server_take_turn(&shared, &turn, warnings, &error));
	g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	g_clear_error(&error);
	unlink(scratch_path(self->nodes.a.scratch, "server/" GROUP ".sock"));
	g_assert_true(server_take_turn(&shared, &turn, warnings, &error));
	g_assert_no_error(error);
	server_end_turn(turn);
}

/* No other group has locks there: none is asked, and no turn is waited for. */
static void test_end_of_grace(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const struct group_options *own = &self->nodes.a.options;
	g_autoptr(group_state) state = serve(self);
	g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	struct grace_end result = {0};
	const char *path = scratch_path(self->nodes.a.scratch, ".lock-manager");
	int turn, others_turn = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	scratch_write(self->nodes.a.scratch, "other.sock", "");
	g_assert_cmpint(flock(others_turn, LOCK_EX), ==, 0);
	g_assert_true(server_take_turn(own, &turn, warnings, &error));
	server_end_turn(turn);
	g_assert_true(server_end_grace(own, "77@1000 net:4026532008 listener:1", &result, &error));
	g_assert_false(result.ended);
	g_assert_true(server_end_grace(own, state->lock_manager, &result, &error));
	g_assert_true(result.ended);
	g_assert_cmpint(kernel_grace(&own->kernel), ==, KERNEL_GRACE_OVER);
	grace_end_clear(&result);
	close(others_turn);
}

/* NFSv4's is nfsd's business while the server speaks it. */
static void test_end_of_grace_and_nfs4(fixture *self, gconstpointer data)
{
	const struct group_options *own = &self->nodes.a.options;
	g_autoptr(group_state) state = serve(self);
	struct grace_end result = {0};
	g_autofree char *after = NULL;
	bool speaks_4 = data != NULL;

	scratch_write(
		self->nodes.a.scratch, "nfsd/versions", speaks_4 ? "+3 +4 +4.1\n" : "+3 -4\n");
	scratch_write(self->nodes.a.scratch, "nfsd/v4_end_grace", "N\n");
	g_assert_true(server_end_grace(own, state->lock_manager, &result, NULL));
	g_assert_true(result.ended);
	g_assert_cmpint(result.awaited != NULL, ==, speaks_4);
	after = scratch_read(self->nodes.a.scratch, "nfsd/v4_end_grace");
	g_assert_cmpint(after[0], ==, speaks_4 ? 'N' : 'Y');
	grace_end_clear(&result);
}

#define ADD(name, data, test)                                                                      \
	g_test_add("/own_server/" name, fixture, data, set_up, test, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("move", NULL, test_move);
	ADD("length/given", "120", test_length);
	ADD("length/measured", "20", test_length);
	ADD("length/lease", "50", test_length);
	ADD("not-before-it-may", NULL, test_not_before_it_may);
	ADD("resume", NULL, test_resume);
	ADD("server-is-gone", NULL, test_server_is_gone);
	ADD("server-is-another", "back", test_server_is_gone);
	ADD("grace-over-with-address", NULL, test_grace_over_with_address);
	ADD("leftover-is-restarted", NULL, test_leftover_is_restarted);
	ADD("grace-missed", NULL, test_grace_missed);
	ADD("start-fails", "start-server", test_start_fails);
	ADD("leftover-stays", "stop-server", test_start_fails);
	ADD("no-keeper", NULL, test_no_keeper);
	ADD("stop-fails", NULL, test_stop_fails);
	ADD("freeze-keeps-it", NULL, test_freeze_keeps_it);
	ADD("without-process", NULL, test_without_process);
	ADD("without-process/inside", NULL, test_without_process_inside);
	ADD("without-process/stop-fails", NULL, test_without_process_stop_fails);
	ADD("shared-beside", NULL, test_shared_beside);
	ADD("end-of-grace", NULL, test_end_of_grace);
	ADD("end-of-grace/no-nfs4", NULL, test_end_of_grace_and_nfs4);
	ADD("end-of-grace/nfs4", "speaks it", test_end_of_grace_and_nfs4);
	return g_test_run();
}
