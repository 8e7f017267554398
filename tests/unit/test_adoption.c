/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/adoption.h"

/* What this node knows about itself, in every case. */
#define HERE "node1"
#define BOOT "boot1"
#define LOCKD "77@1000"

/* What the owner knew about its own fencings when it took the group, in every case. */
#define FENCED_US G_GINT64_CONSTANT(1795896000000000)
#define FENCINGS 2

struct owner {
	const char *node;
	const char *boot;
	const char *lock_manager;
	enum phase phase;
	bool recovery_due;
};

static const struct fencings never;
static const struct fencings the_same = {FENCINGS, FENCED_US};
static const struct fencings by_another_clock = {FENCINGS, FENCED_US + 3000000};
static const struct fencings newer = {FENCINGS + 1, FENCED_US + 1};
static const struct fencings cleaned_up = {1, FENCED_US + 1};

static enum adoption decide(
	struct owner owner, bool locks_held, bool require_fencing, const struct fencings *fencings)
{
	g_autoptr(group_state) found = group_state_new("files", 1);
	const struct adoption_evidence evidence = {
		.node = HERE,
		.boot = BOOT,
		.lock_manager = LOCKD,
		.locks_held = locks_held,
		.require_fencing = require_fencing,
		.fencings = fencings,
	};

	g_free(found->node);
	g_free(found->boot);
	g_free(found->lock_manager);
	found->node = g_strdup(owner.node);
	found->boot = g_strdup(owner.boot);
	found->lock_manager = g_strdup(owner.lock_manager);
	found->phase = owner.phase;
	found->recovery_due = owner.recovery_due;
	found->fencings_known = true;
	found->fencings = (struct fencings){FENCINGS, FENCED_US};
	return adoption_decide(found, &evidence);
}

/* If no node has served the group, no lock was lost, whatever else is said. */
static void test_new_group(void)
{
	for (int i = 0; i < 8; i++) {
		struct owner nobody = {"", "", "", PHASE_RELEASED, false};

		g_assert_cmpint(
			decide(nobody, i & 1, i & 2, i & 4 ? &newer : NULL), ==, ADOPTION_RESUME);
	}
}

/* The group belongs to another node. Only proof that this node gave it up counts, and then every
 * lock is gone. */
static void test_other_owner(void)
{
	for (int phase = 0; phase < PHASE_COUNT; phase++) {
		for (int i = 0; i < 8; i++) {
			/* An owner with our boot id and lock manager is another node too. */
			struct owner other = {"node2", i & 1 ? BOOT : "boot2",
				i & 1 ? LOCKD : "88@2000", (enum phase)phase, i & 2};
			bool held = i & 4;
			enum adoption unless_gone =
				phase == PHASE_RELEASED ? ADOPTION_RECOVER : ADOPTION_REFUSED;

			g_assert_cmpint(decide(other, held, true, NULL), ==, unless_gone);
			g_assert_cmpint(decide(other, held, true, &never), ==, unless_gone);
			g_assert_cmpint(decide(other, held, true, &the_same), ==, unless_gone);
			g_assert_cmpint(
				decide(other, held, true, &by_another_clock), ==, unless_gone);
			g_assert_cmpint(decide(other, held, true, &newer), ==, ADOPTION_RECOVER);
			g_assert_cmpint(
				decide(other, held, true, &cleaned_up), ==, ADOPTION_RECOVER);
			g_assert_cmpint(decide(other, held, false, NULL), ==, ADOPTION_RECOVER);
		}
	}
}

/* Our own group, in the boot and under the lock manager that hold its locks: our process was
 * restarted, and no client needs to be told. No phase and no fencing changes that. */
static void test_own_process_restarted(void)
{
	for (int phase = 0; phase < PHASE_COUNT; phase++) {
		for (int fencing = 0; fencing < 2; fencing++) {
			struct owner ours = {HERE, BOOT, LOCKD, (enum phase)phase, false};

			g_assert_cmpint(decide(ours, true, fencing, NULL), ==, ADOPTION_RESUME);
			g_assert_cmpint(decide(ours, false, fencing, NULL), ==, ADOPTION_RECOVER);
			ours.recovery_due = true;
			g_assert_cmpint(decide(ours, true, fencing, NULL), ==, ADOPTION_CONTINUE);
			g_assert_cmpint(decide(ours, false, fencing, NULL), ==, ADOPTION_RECOVER);
		}
	}
}

/* Our own group, but the lock manager that held its locks is gone. Fencing does not matter, and all
 * clients are told. */
static void test_own_locks_gone(void)
{
	for (int phase = 0; phase < PHASE_COUNT; phase++) {
		for (int i = 0; i < 8; i++) {
			bool due = i & 1, held = i & 2, fencing = i & 4;
			struct owner rebooted = {HERE, "boot0", LOCKD, (enum phase)phase, due};
			struct owner restarted = {HERE, BOOT, "77@999", (enum phase)phase, due};

			g_assert_cmpint(
				decide(rebooted, held, fencing, NULL), ==, ADOPTION_RECOVER);
			g_assert_cmpint(
				decide(restarted, held, fencing, NULL), ==, ADOPTION_RECOVER);
		}
	}
}

/* If the owner could not ask for the history, no fencing can be proven to be newer. */
static void test_fencings_not_known(void)
{
	g_autoptr(group_state) found = group_state_new("files", 1);

	g_assert_false(adoption_fenced_since(found, &newer));
	found->fencings_known = true;
	g_assert_true(adoption_fenced_since(found, &newer));
	g_assert_false(adoption_fenced_since(found, NULL));
}

/* The owner runs in another boot than the one that had the group, or its boot is not known. */
static void test_owner_booted(void)
{
	static const struct {
		const char *stored, *published;
		enum adoption expected;
	} cases[] = {
		{"boot2", "boot3", ADOPTION_RECOVER},
		{"boot2", "boot2", ADOPTION_REFUSED},
		{"boot2", "", ADOPTION_REFUSED},
		{"boot2", NULL, ADOPTION_REFUSED},
		{"", "boot3", ADOPTION_REFUSED},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(group_state) found = group_state_new("files", 1);
		const struct adoption_evidence evidence = {.node = HERE,
			.boot = BOOT,
			.lock_manager = LOCKD,
			.require_fencing = true,
			.owner_boot = cases[i].published};

		g_free(found->node);
		g_free(found->boot);
		found->node = g_strdup("node2");
		found->boot = g_strdup(cases[i].stored);
		found->phase = PHASE_SERVING;
		g_assert_cmpint(adoption_decide(found, &evidence), ==, cases[i].expected);
	}
}

/* Pacemaker has no two nodes whose names differ only in case. */
static void test_case_of_name(void)
{
	struct owner ours = {"NODE1", BOOT, LOCKD, PHASE_SERVING, false};

	g_assert_cmpint(decide(ours, true, true, NULL), ==, ADOPTION_RESUME);
	ours.boot = "boot0";
	g_assert_cmpint(decide(ours, true, true, NULL), ==, ADOPTION_RECOVER);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/adoption/new-group", test_new_group);
	g_test_add_func("/adoption/other-owner", test_other_owner);
	g_test_add_func("/adoption/own-process-restarted", test_own_process_restarted);
	g_test_add_func("/adoption/own-locks-gone", test_own_locks_gone);
	g_test_add_func("/adoption/fencings-not-known", test_fencings_not_known);
	g_test_add_func("/adoption/owner-booted", test_owner_booted);
	g_test_add_func("/adoption/case-of-name", test_case_of_name);
	return g_test_run();
}
