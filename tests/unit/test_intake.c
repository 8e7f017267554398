/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/intake.h"

#define SECOND ((gint64)G_USEC_PER_SEC)

/* `clients` new clients come, evenly spread over some seconds. */
static void come(struct intake *self, guint clients, gint64 from_s, gint64 seconds)
{
	for (guint i = 0; i < clients; i++)
		intake_note(self, 1, from_s * SECOND + (gint64)i * seconds * SECOND / clients);
}

static void test_usual(void)
{
	struct intake intake = {0};

	/* A whole hour at the highest rate that is allowed. */
	come(&intake, INTAKE_PER_MINUTE_MAX * 60, 1000, 3600);
	g_assert_cmpuint(intake_flood(&intake, 4600 * SECOND), ==, 0);
	g_assert_cmpuint(intake_flood(&intake, 9000 * SECOND), ==, 0);
}

static void test_flood(void)
{
	struct intake intake = {0};

	come(&intake, INTAKE_PER_MINUTE_MAX, 5, 50);
	g_assert_cmpuint(intake_flood(&intake, 56 * SECOND), ==, 0);
	intake_note(&intake, 1, 56 * SECOND);
	g_assert_cmpuint(intake_flood(&intake, 56 * SECOND), ==, INTAKE_PER_MINUTE_MAX + 1);

	/* The flood is reported for ten minutes after the last of these clients, and then no
	 * longer. */
	intake_note(&intake, 99, 60 * SECOND);
	g_assert_cmpuint(intake_flood(&intake, 659 * SECOND), ==, INTAKE_PER_MINUTE_MAX + 100);
	g_assert_cmpuint(intake_flood(&intake, 660 * SECOND), ==, 0);
	intake_note(&intake, 10, 661 * SECOND);
	g_assert_cmpuint(intake_flood(&intake, 661 * SECOND), ==, 0);

	/* The next flood is counted by itself. */
	intake_note(&intake, INTAKE_PER_MINUTE_MAX, 662 * SECOND);
	g_assert_cmpuint(intake_flood(&intake, 662 * SECOND), ==, INTAKE_PER_MINUTE_MAX + 10);
}

static void test_all_at_once(void)
{
	struct intake intake = {0};

	intake_note(&intake, 100000, 0);
	g_assert_cmpuint(intake_flood(&intake, SECOND), ==, 100000);
}

static void test_full(void)
{
	g_assert_false(intake_is_full(INTAKE_CLIENTS_MAX - 1));
	g_assert_true(intake_is_full(INTAKE_CLIENTS_MAX));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/intake/what is usual is not a flood", test_usual);
	g_test_add_func("/intake/a flood", test_flood);
	g_test_add_func("/intake/all at once", test_all_at_once);
	g_test_add_func("/intake/full", test_full);
	return g_test_run();
}
