/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/phase.h"

#include <glib.h>

/* The whole table once more, as docs/architecture.md tells it: what each event makes of each phase.
 */
static const enum phase expected[PHASE_COUNT][EVENT_COUNT] = {
	[PHASE_ADOPTING] =
		{
			[EVENT_ADOPTED] = PHASE_ARMED,
			[EVENT_ADDRESS_UP] = PHASE_ADOPTING,
			[EVENT_ADDRESS_GONE] = PHASE_ADOPTING,
			[EVENT_GRACE_OVER] = PHASE_ADOPTING,
			[EVENT_LOCK_MANAGER_RESTARTED] = PHASE_ADOPTING,
			[EVENT_STOP] = PHASE_RELEASED,
		},
	[PHASE_ARMED] =
		{
			[EVENT_ADOPTED] = PHASE_ARMED,
			[EVENT_ADDRESS_UP] = PHASE_SERVING,
			[EVENT_ADDRESS_GONE] = PHASE_ARMED,
			[EVENT_GRACE_OVER] = PHASE_ARMED,
			[EVENT_LOCK_MANAGER_RESTARTED] = PHASE_ADOPTING,
			[EVENT_STOP] = PHASE_RELEASED,
		},
	[PHASE_RECLAIMING] =
		{
			[EVENT_ADOPTED] = PHASE_RECLAIMING,
			[EVENT_ADDRESS_UP] = PHASE_RECLAIMING,
			[EVENT_ADDRESS_GONE] = PHASE_FROZEN,
			[EVENT_GRACE_OVER] = PHASE_SERVING,
			[EVENT_LOCK_MANAGER_RESTARTED] = PHASE_ADOPTING,
			[EVENT_STOP] = PHASE_RECLAIMING,
		},
	[PHASE_SERVING] =
		{
			[EVENT_ADOPTED] = PHASE_SERVING,
			[EVENT_ADDRESS_UP] = PHASE_SERVING,
			[EVENT_ADDRESS_GONE] = PHASE_FROZEN,
			[EVENT_GRACE_OVER] = PHASE_SERVING,
			[EVENT_LOCK_MANAGER_RESTARTED] = PHASE_ADOPTING,
			[EVENT_STOP] = PHASE_SERVING,
		},
	[PHASE_FROZEN] =
		{
			[EVENT_ADOPTED] = PHASE_FROZEN,
			[EVENT_ADDRESS_UP] = PHASE_SERVING,
			[EVENT_ADDRESS_GONE] = PHASE_FROZEN,
			[EVENT_GRACE_OVER] = PHASE_FROZEN,
			[EVENT_LOCK_MANAGER_RESTARTED] = PHASE_ADOPTING,
			[EVENT_STOP] = PHASE_RELEASED,
		},
	[PHASE_RELEASED] =
		{
			[EVENT_ADOPTED] = PHASE_RELEASED,
			[EVENT_ADDRESS_UP] = PHASE_RELEASED,
			[EVENT_ADDRESS_GONE] = PHASE_RELEASED,
			[EVENT_GRACE_OVER] = PHASE_RELEASED,
			[EVENT_LOCK_MANAGER_RESTARTED] = PHASE_RELEASED,
			[EVENT_STOP] = PHASE_RELEASED,
		},
};

static void test_table(void)
{
	for (int phase = 0; phase < PHASE_COUNT; phase++) {
		for (int event = 0; event < EVENT_COUNT; event++) {
			enum phase next =
				phase_next((enum phase)phase, (enum phase_event)event, false);

			g_test_message("%s, event %d", phase_name((enum phase)phase), event);
			g_assert_cmpint(next, ==, expected[phase][event]);
		}
	}
}

/* A recovery that is due changes one thing: where the address leads. */
static void test_recovery_due(void)
{
	for (int phase = 0; phase < PHASE_COUNT; phase++) {
		for (int event = 0; event < EVENT_COUNT; event++) {
			enum phase next =
				phase_next((enum phase)phase, (enum phase_event)event, true);
			bool leads_on = event == EVENT_ADDRESS_UP &&
					(phase == PHASE_ARMED || phase == PHASE_FROZEN);

			g_assert_cmpint(
				next, ==, leads_on ? PHASE_RECLAIMING : expected[phase][event]);
		}
	}
}

static void test_names(void)
{
	static const char *const strangers[] = {"", "Serving", "serving ", "reclaimed", "none"};

	for (int i = 0; i < PHASE_COUNT; i++) {
		enum phase phase = PHASE_COUNT;

		g_assert_true(phase_from_name(phase_name((enum phase)i), &phase));
		g_assert_cmpint(phase, ==, i);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(strangers); i++) {
		enum phase phase = PHASE_COUNT;

		g_assert_false(phase_from_name(strangers[i], &phase));
		g_assert_cmpint(phase, ==, PHASE_COUNT);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/phase/table", test_table);
	g_test_add_func("/phase/recovery-due", test_recovery_due);
	g_test_add_func("/phase/names", test_names);
	return g_test_run();
}
