/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The node that had the group gets it again. Did its clients lose a lock in the meantime? */
#include "service/takeover.h"

#include "base/clock.h"
#include "base/error.h"
#include "two_nodes.h"

#include <string.h>
#include <unistd.h>

/* A's process was killed: no lock was lost, no client is told, and no record is conveyed. */
static void test_process_killed(two_nodes *self, gconstpointer data)
{
	const enum phase *phase = data;
	gint32 number = serve_on_a(self, *phase);
	g_autoptr(group_state) state = NULL;

	scratch_remove(self->a.scratch, "sm/client-a");
	self->a.address_is_here = *phase == PHASE_SERVING;
	state = must_take_over(&self->a, ADOPTION_RESUME, 2);
	g_assert_cmpint(state->state_number, ==, number);
	g_assert_cmpuint(state->epoch, ==, 1);
	assert_record(&self->a, "client-a", NULL);
}

/* The state in the store is from an earlier version, which knew only lockd's thread. */
static void test_upgraded(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	gint32 number = serve_on_a(self, PHASE_RELEASED);
	g_autoptr(group_state) state = NULL;
	const char *folder = scratch_mkdir(self->a.scratch, "proc/self/ns");
	g_autofree char *path = g_build_filename(folder, "net", NULL);

	g_assert_cmpint(symlink("net:[4026531840]", path), ==, 0);
	state = must_take_over(&self->a, ADOPTION_RESUME, 2);
	g_assert_cmpint(state->state_number, ==, number);
	g_assert_cmpstr(state->lock_manager, ==, "77@1000 net:4026531840");
}

/* A set that is not exact proves nothing, even if all of it is held. `data` is its text. */
static void test_inexact(two_nodes *self, gconstpointer data)
{
	gint32 number = serve_on_a(self, PHASE_RELEASED);
	g_autofree char *noted = scratch_read(self->shared, "fs/.lockferry/locks");
	const char *lines = strstr(noted, " exact ") + strlen(" exact ");
	g_autofree char *inexact =
		g_strdup_printf("lockferry locks 1 %s %s", (const char *)data, lines);

	scratch_write(self->shared, "fs/.lockferry/locks", inexact);
	must_be_refused(self, &self->a, LF_ERROR_FAILED, "2 clients must reclaim locks");
	scratch_set_server(self->a.scratch, 8, "N");
	g_autoptr(group_state) state = must_take_over(&self->a, ADOPTION_RECOVER, 2);
	g_assert_cmpint(state->state_number, ==, number + 2);
}

/* A's process was killed, and then the address left, so the group was never frozen. The locks
 * recorded last show whether locks were dropped since. An empty or incomplete set shows nothing. */
static void test_killed_and_away(two_nodes *self, gconstpointer data)
{
	static const struct {
		const char *kind;
		guint recorded, held;
		enum adoption expected;
	} cases[] = {
		{"inexact", 3, 3, ADOPTION_RESUME},
		{"inexact", 3, 4, ADOPTION_RESUME},
		{"inexact", 3, 2, ADOPTION_RECOVER},
		{"inexact", 3, 0, ADOPTION_RECOVER},
		{"inexact", 0, 0, ADOPTION_RECOVER},
		{"partial", 3, 3, ADOPTION_RECOVER},
		{NULL, 0, 3, ADOPTION_RECOVER},
	};
	gsize which = GPOINTER_TO_SIZE(data);

	serve_on_a(self, PHASE_RELEASED);
	g_autofree char *noted = scratch_read(self->shared, "fs/.lockferry/locks");
	g_autoptr(GString) recorded = g_string_new(NULL);
	g_auto(GStrv) lines = g_strsplit(noted, "\n", -1);
	g_string_append_printf(recorded, "lockferry locks 1 %s %" G_GINT64_FORMAT " %u\n",
		cases[which].kind, clock_now_s() + 1, cases[which].recorded);
	for (guint i = 0; i < cases[which].recorded; i++)
		g_string_append_printf(recorded, "%s\n", lines[1 + i]);
	if (cases[which].kind != NULL)
		scratch_write(self->shared, "fs/.lockferry/locks.recorded", recorded->str);
	g_autoptr(group_state) state = must_take_over(&self->a, ADOPTION_RESUME, 2);
	set_phase(&self->a, state, PHASE_SERVING);
	crash(&self->a);
	hold_locks(self, &self->a, cases[which].held);
	scratch_set_server(self->a.scratch, 8, "N");
	group_state_free(must_take_over(&self->a, cases[which].expected, 2));
}

/* The same node and lock manager, but a lock that was noted at the stop is gone, because exports
 * were removed. */
static void test_unlocked_since(two_nodes *self, gconstpointer data)
{
	const enum phase *phase = data;
	gint32 number = serve_on_a(self, *phase);
	g_autoptr(GError) error = NULL;
	struct takeover result;

	hold_locks(self, &self->a, 2);
	must_be_refused(self, &self->a, LF_ERROR_FAILED, "2 clients must reclaim locks");
	scratch_set_server(self->a.scratch, 8, "N");
	g_assert_true(take_over(&self->a, &result, &error));
	g_assert_cmpint(result.adoption, ==, ADOPTION_RECOVER);
	g_assert_cmpint(result.state->state_number, >=, number + 2);
	g_assert_cmpuint(result.warnings->len, ==, 1);
	g_assert_nonnull(strstr(g_ptr_array_index(result.warnings, 0), "1 of the 3 locks"));
	takeover_clear(&result);
}

/* Locks that were taken later prove nothing. */
static void test_more_locks_since(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	serve_on_a(self, PHASE_RELEASED);
	hold_locks(self, &self->a, 5);
	group_state_free(must_take_over(&self->a, ADOPTION_RESUME, 2));
}

/* No lock was held when the group was frozen, so none was lost. */
static void test_no_locks(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(group_state) state = must_take_over(&self->a, ADOPTION_RESUME, 0);

	hold_locks(self, &self->a, 0);
	g_assert_cmpuint(hand_over(&self->a, state, PHASE_RELEASED, false), ==, 0);
	group_state_free(must_take_over(&self->a, ADOPTION_RESUME, 0));
}

/* Locks that are not known do not count as held. */
static void test_locks_unknown(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	serve_on_a(self, PHASE_RELEASED);
	scratch_remove(self->shared, "fs/.lockferry/locks");
	must_be_refused(self, &self->a, LF_ERROR_FAILED, "clients must reclaim locks");
	scratch_set_server(self->a.scratch, 8, "N");
	group_state_free(must_take_over(&self->a, ADOPTION_RECOVER, 2));
}

static void test_lockd_restarted(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	gint32 number = serve_on_a(self, PHASE_SERVING);
	g_autoptr(group_state) state = NULL;

	scratch_set_lockd(self->a.scratch, 77, 2000);
	scratch_set_server(self->a.scratch, 8, "N");
	state = must_take_over(&self->a, ADOPTION_RECOVER, 2);
	g_assert_cmpint(state->state_number, >=, number + 2);
	g_assert_cmpstr(state->lock_manager, ==, "77@2000");

	/* The same process takes the group over again, with the store open. */
	scratch_set_lockd(self->a.scratch, 77, 3000);
	g_autoptr(group_state) again = must_take_over(&self->a, ADOPTION_RECOVER, 2);
	g_assert_cmpint(again->state_number, >=, number + 4);
	g_assert_cmpuint(again->epoch, ==, 3);
}

static void test_rebooted(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	gint32 number = serve_on_a(self, PHASE_SERVING);
	g_autoptr(group_state) state = NULL;

	/* lockd may have the same process id and start time as before. */
	scratch_set_boot(self->a.scratch, "another-boot");
	scratch_set_server(self->a.scratch, 8, "N");
	state = must_take_over(&self->a, ADOPTION_RECOVER, 2);
	g_assert_cmpint(state->state_number, >=, number + 2);
}

#define ADD(name, data, function) TWO_NODES_ADD("/takeover/" name, data, function)

int main(int argc, char **argv)
{
	static const enum phase serving = PHASE_SERVING, frozen = PHASE_FROZEN,
				released = PHASE_RELEASED;

	g_test_init(&argc, &argv, NULL);
	ADD("process-killed/serving", &serving, test_process_killed);
	ADD("process-killed/frozen", &frozen, test_process_killed);
	ADD("process-killed/released", &released, test_process_killed);
	ADD("upgraded", NULL, test_upgraded);
	ADD("inexact/inexact", "inexact", test_inexact);
	ADD("inexact/partial", "partial", test_inexact);
	for (gsize i = 0; i < 7; i++) {
		g_autofree char *name = g_strdup_printf("/takeover/killed-and-away/%zu", i);

		g_test_add(name, two_nodes, GSIZE_TO_POINTER(i), two_nodes_set_up,
			test_killed_and_away, two_nodes_tear_down);
	}
	ADD("unlocked-since/frozen", &frozen, test_unlocked_since);
	ADD("unlocked-since/released", &released, test_unlocked_since);
	ADD("more-locks-since", NULL, test_more_locks_since);
	ADD("no-locks", NULL, test_no_locks);
	ADD("locks-unknown", NULL, test_locks_unknown);
	ADD("lockd-restarted", NULL, test_lockd_restarted);
	ADD("rebooted", NULL, test_rebooted);
	return g_test_run();
}
