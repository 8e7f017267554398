/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/deletions.h"

#define DELAY_S 60
#define STATD "700@1"

static gint64 at(gint64 seconds)
{
	return 1000 + seconds * G_USEC_PER_SEC;
}

/* Compares the files that are due; here it is at most one. */
static void assert_due(deletions *away, const char *statd, gint64 seconds, const char *file)
{
	g_autoptr(GPtrArray) due = deletions_due(away, statd, at(seconds));

	g_assert_cmpuint(due->len, ==, file != NULL);
	if (file != NULL)
		g_assert_cmpstr(g_ptr_array_index(due, 0), ==, file);
}

static void test_due(void)
{
	g_autoptr(deletions) away = deletions_new(DELAY_S);

	g_assert_false(deletions_any(away));
	deletions_back(away, "b");
	g_assert_false(deletions_any(away));
	assert_due(away, STATD, 1000, NULL);
	deletions_gone(away, "a", g_quark_from_string(STATD), at(0));
	g_assert_true(deletions_any(away));
	/* If it is reported again, the first time counts. */
	deletions_gone(away, "a", g_quark_from_string(STATD), at(30));
	assert_due(away, STATD, 59, NULL);
	assert_due(away, STATD, 60, "a");
	/* A file is due only once. */
	g_assert_false(deletions_any(away));
	assert_due(away, STATD, 1000, NULL);
}

/* A record whose file this process never saw may still be needed. */
static void test_never_seen(void)
{
	g_autoptr(deletions) away = deletions_new(DELAY_S);

	deletions_gone(away, "a", 0, at(0));
	g_assert_false(deletions_any(away));
	assert_due(away, STATD, 1000, NULL);
}

static void test_back_again(void)
{
	g_autoptr(deletions) away = deletions_new(DELAY_S);

	deletions_gone(away, "a", g_quark_from_string(STATD), at(0));
	deletions_back(away, "a");
	assert_due(away, STATD, 1000, NULL);
	deletions_gone(away, "a", g_quark_from_string(STATD), at(1000));
	assert_due(away, STATD, 1059, NULL);
	assert_due(away, STATD, 1060, "a");
}

static void test_interrupted(void)
{
	g_autoptr(deletions) away = deletions_new(DELAY_S);

	deletions_gone(away, "a", g_quark_from_string(STATD), at(0));
	deletions_interrupted(away, at(59));
	assert_due(away, STATD, 118, NULL);
	assert_due(away, STATD, 119, "a");
}

/* A restarted statd may have emptied the directory, so a missing file proves nothing. */
static void test_other_statd(void)
{
	g_autoptr(deletions) away = deletions_new(DELAY_S);

	deletions_gone(away, "a", g_quark_from_string(STATD), at(0));
	assert_due(away, "701@2", 1000, NULL);
	g_assert_true(deletions_any(away));
	/* The new statd has the file now, so its removal counts. */
	deletions_back(away, "a");
	deletions_gone(away, "a", g_quark_from_string("701@2"), at(1000));
	assert_due(away, STATD, 2000, NULL);
	assert_due(away, "701@2", 2000, "a");
}

static void test_at_once(void)
{
	g_autoptr(deletions) away = deletions_new(0);

	deletions_gone(away, "a", g_quark_from_string(STATD), at(0));
	assert_due(away, STATD, 0, "a");
	deletions_free(NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/deletions/due", test_due);
	g_test_add_func("/deletions/never-seen", test_never_seen);
	g_test_add_func("/deletions/back-again", test_back_again);
	g_test_add_func("/deletions/interrupted", test_interrupted);
	g_test_add_func("/deletions/other-statd", test_other_statd);
	g_test_add_func("/deletions/at-once", test_at_once);
	return g_test_run();
}
