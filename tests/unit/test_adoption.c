/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/adoption.h"

/* What this node knows of itself in every case here. */
#define HERE "node1"
#define BOOT "boot1"
#define LOCKD "77@1000"
#define SINCE 1000

struct owner {
	const char *node;
	const char *boot;
	const char *lock_manager;
	enum phase phase;
	bool recovery_due;
};

static enum adoption decide(
	struct owner owner, bool locks_held, bool require_fencing, gint64 fenced_at)
{
	g_autoptr(group_state) found = group_state_new("files", 1);
	const struct adoption_evidence evidence = {
		.node = HERE,
		.boot = BOOT,
		.lock_manager = LOCKD,
		.locks_held = locks_held,
		.require_fencing = require_fencing,
		.fenced_at = fenced_at,
	};

	g_free(found->node);
	g_free(found->boot);
	g_free(found->lock_manager);
	found->node = g_strdup(owner.node);
	found->boot = g_strdup(owner.boot);
	found->lock_manager = g_strdup(owner.lock_manager);
	found->phase = owner.phase;
	found->recovery_due = owner.recovery_due;
	found->owned_since = SINCE;
	return adoption_decide(found, &evidence);
}

/* Nobody has lost anything where nobody has served, whatever else is said. */
static void test_new_group(void)
{
	for (int i = 0; i < 8; i++) {
		struct owner nobody = {"", "", "", PHASE_RELEASED, false};

		g_assert_cmpint(
			decide(nobody, i & 1, i & 2, i & 4 ? SINCE : 0), ==, ADOPTION_RESUME);
	}
}

/* Another's group: only what proves that he is gone counts, and then every lock is gone with him.
 */
static void test_other_owner(void)
{
	for (int phase = 0; phase < PHASE_COUNT; phase++) {
		for (int i = 0; i < 8; i++) {
			/* Even an owner with our boot id and lock manager is another node. */
			struct owner other = {"node2", i & 1 ? BOOT : "boot2",
				i & 1 ? LOCKD : "88@2000", (enum phase)phase, i & 2};
			bool held = i & 4;
			enum adoption unless_gone =
				phase == PHASE_RELEASED ? ADOPTION_RECOVER : ADOPTION_REFUSED;

			g_assert_cmpint(decide(other, held, true, 0), ==, unless_gone);
			g_assert_cmpint(decide(other, held, true, SINCE - 1), ==, unless_gone);
			g_assert_cmpint(decide(other, held, true, SINCE), ==, ADOPTION_RECOVER);
			g_assert_cmpint(decide(other, held, true, SINCE + 1), ==, ADOPTION_RECOVER);
			g_assert_cmpint(decide(other, held, false, 0), ==, ADOPTION_RECOVER);
		}
	}
}

/* Our own group, in the boot and under the lock manager that hold its locks: our process restarted,
 * and nobody is to be told of that. No phase and no fencing changes it. */
static void test_own_process_restarted(void)
{
	for (int phase = 0; phase < PHASE_COUNT; phase++) {
		for (int fencing = 0; fencing < 2; fencing++) {
			struct owner ours = {HERE, BOOT, LOCKD, (enum phase)phase, false};

			g_assert_cmpint(decide(ours, true, fencing, 0), ==, ADOPTION_RESUME);
			g_assert_cmpint(decide(ours, false, fencing, 0), ==, ADOPTION_RECOVER);
			ours.recovery_due = true;
			g_assert_cmpint(decide(ours, true, fencing, 0), ==, ADOPTION_CONTINUE);
			g_assert_cmpint(decide(ours, false, fencing, 0), ==, ADOPTION_RECOVER);
		}
	}
}

/* Our own group, but what held its locks is gone: no fencing is asked for, and all are told. */
static void test_own_locks_gone(void)
{
	for (int phase = 0; phase < PHASE_COUNT; phase++) {
		for (int i = 0; i < 8; i++) {
			bool due = i & 1, held = i & 2, fencing = i & 4;
			struct owner rebooted = {HERE, "boot0", LOCKD, (enum phase)phase, due};
			struct owner restarted = {HERE, BOOT, "77@999", (enum phase)phase, due};

			g_assert_cmpint(decide(rebooted, held, fencing, 0), ==, ADOPTION_RECOVER);
			g_assert_cmpint(decide(restarted, held, fencing, 0), ==, ADOPTION_RECOVER);
		}
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/adoption/new-group", test_new_group);
	g_test_add_func("/adoption/other-owner", test_other_owner);
	g_test_add_func("/adoption/own-process-restarted", test_own_process_restarted);
	g_test_add_func("/adoption/own-locks-gone", test_own_locks_gone);
	return g_test_run();
}
