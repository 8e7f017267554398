/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Which locks a takeover finds, and which of them clients must reclaim. */
#include "service/takeover.h"

#include "base/clock.h"
#include "two_nodes.h"

#include <string.h>
#include <unistd.h>

#define LOCKS "fs/.lockferry/locks"
#define RECORDED LOCKS ".recorded"

/* What B finds when it takes the group over. */
struct found {
	int locks; /* how many locks must be reclaimed; -1: not known */
	bool exact, after_crash;
};

static struct found found_on_b(two_nodes *self)
{
	g_autoptr(GError) error = NULL;
	struct takeover result;
	struct found found;

	scratch_set_server(self->b.scratch, 8, "N");
	self->b.options.require_fencing = false;
	take_over(&self->b, &result, &error);
	g_assert_no_error(error);
	g_assert_cmpint(result.adoption, ==, ADOPTION_RECOVER);
	found = (struct found){
		.locks = result.to_reclaim != NULL ? (int)lock_set_size(result.to_reclaim) : -1,
		.exact = result.to_reclaim_exact,
		.after_crash = result.after_crash,
	};
	takeover_clear(&result);
	return found;
}

/* How many locks clients must reclaim if the set is exact; -1: not known. */
static int to_reclaim_on_b(two_nodes *self)
{
	struct found found = found_on_b(self);

	return found.exact ? found.locks : -1;
}

static void test_to_reclaim(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	serve_on_a(self, PHASE_RELEASED);
	g_assert_cmpint(to_reclaim_on_b(self), ==, 3);
	/* The same again, as after a crash in the recovery. */
	crash(&self->b);
	scratch_set_lockd(self->b.scratch, 77, 2000);
	g_assert_cmpint(to_reclaim_on_b(self), ==, -1);
}

/* Sets the network namespace of a process on B. */
static void set_namespace_on_b(two_nodes *self, const char *pid, const char *name)
{
	g_autofree char *folder = g_strdup_printf("proc/%s/ns", pid);
	g_autofree char *path =
		g_build_filename(scratch_mkdir(self->b.scratch, folder), "net", NULL);

	g_assert_cmpint(symlink(name, path), ==, 0);
}

/* Clients are recorded, but none of their locks was seen. If the server belongs to the group alone,
 * this does not end the grace period early. */
static void test_to_reclaim_none(two_nodes *self, gconstpointer data)
{
	bool with_clients = g_strcmp0(data, "none") != 0;
	bool own = g_strcmp0(data, "shared") != 0;
	g_autoptr(group_state) state = must_take_over(&self->a, ADOPTION_RESUME, 0);
	struct found found;

	if (with_clients)
		scratch_write(self->a.scratch, "sm/client-a", RECORD_A);
	hold_locks(self, &self->a, 0);
	g_assert_cmpuint(hand_over(&self->a, state, PHASE_RELEASED, false), ==, 0);
	set_namespace_on_b(self, "1", "net:[4026531840]");
	set_namespace_on_b(self, "self", own ? "net:[4026532008]" : "net:[4026531840]");
	found = found_on_b(self);
	g_assert_cmpint(found.locks, ==, 0);
	g_assert_cmpint(found.exact, ==, !with_clients || !own);
}

static void test_to_reclaim_crashed(two_nodes *self, gconstpointer data)
{
	const enum phase *last = data;

	serve_on_a(self, *last);
	g_assert_cmpint(to_reclaim_on_b(self), ==, -1);
}

/* Some locks were not reclaimed yet when A released the group. */
static void test_to_reclaim_too_early(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(group_state) state = must_take_over(&self->a, ADOPTION_RESUME, 0);

	state->recovery_due = true;
	hold_locks(self, &self->a, 3);
	hand_over(&self->a, state, PHASE_RELEASED, false);
	g_assert_cmpint(to_reclaim_on_b(self), ==, -1);
}

/* The locks are on a filesystem that is not configured, or another lock manager had them. */
static void test_to_reclaim_not_all(two_nodes *self, gconstpointer data)
{
	const char *locks = data;
	g_autoptr(group_state) state = must_take_over(&self->a, ADOPTION_RESUME, 0);

	if (locks != NULL)
		scratch_set_locks(self->a.scratch, locks);
	else
		scratch_set_lockd(self->a.scratch, 77, 2000);
	hand_over(&self->a, state, PHASE_RELEASED, false);
	g_assert_cmpint(to_reclaim_on_b(self), ==, -1);
}

/* The exports were stopped too early, or the group was not frozen first: the set is not exact. */
static void test_to_reclaim_dropped(two_nodes *self, gconstpointer data)
{
	bool frozen_first = data != NULL;
	g_autoptr(group_state) state = must_take_over(&self->a, ADOPTION_RESUME, 0);

	hold_locks(self, &self->a, 3);
	if (frozen_first)
		hand_over_at_once(&self->a, state, PHASE_FROZEN, false);
	hold_locks(self, &self->a, 2);
	hand_over_at_once(&self->a, state, PHASE_RELEASED, false);
	crash(&self->a);
	g_assert_cmpint(to_reclaim_on_b(self), ==, -1);
}

static void test_to_reclaim_earlier_form(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	serve_on_a(self, PHASE_RELEASED);
	scratch_write(self->shared, "fs/.lockferry/locks", "fe:00:131 WRITE 0 EOF\n");
	g_assert_cmpint(to_reclaim_on_b(self), ==, -1);
}

/* The text of a set of this one lock. The caller frees it. */
static char *one_lock(const char *kind, gint64 noted_at)
{
	return g_strdup_printf("lockferry locks 1 %s %" G_GINT64_FORMAT
			       " 1\n/srv/a 131 WRITE 0 EOF\n",
		kind, noted_at);
}

/* A serves with three locks, and the recorder has saved this set. Then A crashes, or hands over. */
static void record_on_a(two_nodes *self, const char *recorded, enum phase last)
{
	g_autoptr(group_state) state = must_take_over(&self->a, ADOPTION_RESUME, 0);

	hold_locks(self, &self->a, 3);
	set_phase(&self->a, state, PHASE_SERVING);
	scratch_write(self->shared, RECORDED, recorded);
	if (last == PHASE_SERVING)
		crash(&self->a);
	else
		hand_over(&self->a, state, last, false);
}

static void assert_noted(two_nodes *self, const char *expected)
{
	g_autofree char *noted = scratch_read(self->shared, LOCKS);

	g_assert_cmpstr(noted, ==, expected);
}

/* After a crash, the recorded set counts, and not the one of an earlier handover. It is inexact,
 * whatever its text says. */
static void test_recorded(two_nodes *self, gconstpointer data)
{
	gint64 noted_at = clock_now_s() + 1;
	g_autofree char *recorded = one_lock(data, noted_at);
	g_autofree char *expected = one_lock("inexact", noted_at);
	struct found found;

	record_on_a(self, recorded, PHASE_SERVING);
	scratch_write(self->shared, LOCKS, "lockferry locks 1 exact 7 0\n");
	found = found_on_b(self);
	g_assert_cmpint(found.locks, ==, 1);
	g_assert_true(found.after_crash && !found.exact);
	assert_noted(self, expected);
	/* B crashes in the recovery, before it has recorded anything. */
	crash(&self->b);
	scratch_set_lockd(self->b.scratch, 77, 2000);
	g_assert_cmpint(to_reclaim_on_b(self), ==, -1);
	assert_noted(self, expected);
}

/* The set of the handover is newer. */
static void test_recorded_handed_over(two_nodes *self, gconstpointer data)
{
	const enum phase *last = data;
	g_autofree char *recorded = one_lock("inexact", clock_now_s() + 1);

	record_on_a(self, recorded, *last);
	g_autofree char *handed_over = scratch_read(self->shared, LOCKS);
	g_assert_cmpint(to_reclaim_on_b(self), ==, *last == PHASE_RELEASED ? 3 : -1);
	g_assert_true(g_str_has_prefix(handed_over, "lockferry locks 1 exact "));
	assert_noted(self, handed_over);
}

/* No lock was lost. */
static void test_recorded_resumed(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *recorded = one_lock("inexact", clock_now_s() + 1);

	record_on_a(self, recorded, PHASE_SERVING);
	self->a.address_is_here = true;
	group_state_free(must_take_over(&self->a, ADOPTION_RESUME, 0));
	assert_noted(self, NULL);
}

/* The clock may have been set back or forward in the meantime: the set still belongs to the
 * owner. */
static void test_recorded_clock_set(two_nodes *self, gconstpointer data)
{
	g_autofree char *recorded = one_lock("inexact", clock_now_s() + GPOINTER_TO_INT(data));

	record_on_a(self, recorded, PHASE_SERVING);
	g_assert_cmpint(to_reclaim_on_b(self), ==, -1);
	assert_noted(self, recorded);
}

/* A left this set when it had the group earlier, and has recorded nothing since. */
static void test_recorded_before(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *recorded = one_lock("inexact", clock_now_s() + 1);
	g_autoptr(group_state) state = NULL;

	record_on_a(self, recorded, PHASE_SERVING);
	scratch_set_boot(self->a.scratch, "another-boot-of-node1");
	state = must_take_over(&self->a, ADOPTION_RECOVER, 0);
	assert_noted(self, recorded);
	set_phase(&self->a, state, PHASE_SERVING);
	scratch_write(self->shared, LOCKS, "lockferry locks 1 exact 7 0\n");
	crash(&self->a);
	g_assert_cmpint(to_reclaim_on_b(self), ==, -1);
	assert_noted(self, "lockferry locks 1 exact 7 0\n");
}

/* The set is damaged or missing. */
static void test_recorded_of_no_use(two_nodes *self, gconstpointer data)
{
	record_on_a(self, data, PHASE_SERVING);
	if (*(const char *)data == '\0')
		scratch_remove(self->shared, RECORDED);
	scratch_write(self->shared, LOCKS, "lockferry locks 1 exact 7 0\n");
	g_assert_cmpint(to_reclaim_on_b(self), ==, -1);
	assert_noted(self, "lockferry locks 1 exact 7 0\n");
}

/* The set only serves for information, so a failure does not prevent the takeover. */
static void test_recorded_unreadable(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	struct takeover result;

	record_on_a(self, "", PHASE_SERVING);
	scratch_remove(self->shared, RECORDED);
	scratch_mkdir(self->shared, RECORDED);
	scratch_set_server(self->b.scratch, 8, "N");
	self->b.options.require_fencing = false;
	take_over(&self->b, &result, &error);
	g_assert_no_error(error);
	g_assert_cmpint(result.adoption, ==, ADOPTION_RECOVER);
	g_assert_cmpuint(result.warnings->len, ==, 1);
	g_assert_nonnull(
		strstr(g_ptr_array_index(result.warnings, 0), "recorded before the crash"));
	takeover_clear(&result);
}

#define ADD(name, data, function) TWO_NODES_ADD("/takeover/" name, data, function)

int main(int argc, char **argv)
{
	static const enum phase serving = PHASE_SERVING, frozen = PHASE_FROZEN,
				released = PHASE_RELEASED;

	g_test_init(&argc, &argv, NULL);
	ADD("to-reclaim", NULL, test_to_reclaim);
	ADD("to-reclaim/none", "none", test_to_reclaim_none);
	ADD("to-reclaim/none-of-clients", "some", test_to_reclaim_none);
	ADD("to-reclaim/none-of-clients-shared", "shared", test_to_reclaim_none);
	ADD("to-reclaim/frozen", &frozen, test_to_reclaim_crashed);
	ADD("to-reclaim/serving", &serving, test_to_reclaim_crashed);
	ADD("to-reclaim/too-early", NULL, test_to_reclaim_too_early);
	ADD("to-reclaim/elsewhere", "1: POSIX  ADVISORY  WRITE 77 fe:01:1 0 EOF\n",
		test_to_reclaim_not_all);
	ADD("to-reclaim/dropped", "frozen first", test_to_reclaim_dropped);
	ADD("to-reclaim/not-frozen", NULL, test_to_reclaim_dropped);
	ADD("to-reclaim/other-lock-manager", NULL, test_to_reclaim_not_all);
	ADD("to-reclaim/earlier-form", NULL, test_to_reclaim_earlier_form);
	ADD("recorded", "inexact", test_recorded);
	ADD("recorded/claims-to-be-exact", "exact", test_recorded);
	ADD("recorded/frozen", &frozen, test_recorded_handed_over);
	ADD("recorded/released", &released, test_recorded_handed_over);
	ADD("recorded/resumed", NULL, test_recorded_resumed);
	ADD("recorded/clock-set-back", GINT_TO_POINTER(-7200), test_recorded_clock_set);
	ADD("recorded/clock-set-on", GINT_TO_POINTER(7200), test_recorded_clock_set);
	ADD("recorded/before", NULL, test_recorded_before);
	ADD("recorded/damaged", "lockferry locks 1 inexact 9999999999 2\n/srv/a 1 WRITE 0 EOF\n",
		test_recorded_of_no_use);
	ADD("recorded/none", "", test_recorded_of_no_use);
	ADD("recorded/unreadable", NULL, test_recorded_unreadable);
	return g_test_run();
}
