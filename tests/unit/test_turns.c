/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/turns.h"

static int one, two, three;

static void test_nobody_waits(void)
{
	g_autoptr(turns) self = turns_new();

	g_assert_true(turns_take(self, &one, 0));
	g_assert_true(turns_take(self, &two, 0));
	g_assert_null(turns_next(self, 1000));
	g_assert_cmpint(turns_due(self), ==, -1);
	g_assert_null(turns_holder(self));
}

static void test_one_after_the_other(void)
{
	g_autoptr(turns) self = turns_new();

	turns_limit(self, 100);
	g_assert_true(turns_take(self, &one, 1000));
	/* Its own turn is taken as often as it likes. */
	g_assert_true(turns_take(self, &one, 1050));
	g_assert_cmpint(turns_due(self), ==, -1);
	g_assert_false(turns_take(self, &two, 1010));
	g_assert_false(turns_take(self, &three, 1020));
	g_assert_cmpint(turns_due(self), ==, 1100);
	g_assert_null(turns_next(self, 1099));

	turns_end(self, &two);
	g_assert_true(turns_holder(self) == &one);
	turns_end(self, &one);
	g_assert_cmpint(turns_due(self), ==, 0);
	g_assert_true(turns_next(self, 1030) == &two);
	g_assert_true(turns_take(self, &two, 1030));
	g_assert_cmpint(turns_due(self), ==, 1130);
	/* It does not end its turn. */
	g_assert_null(turns_next(self, 1129));
	g_assert_true(turns_next(self, 1130) == &three);
	g_assert_cmpint(turns_due(self), ==, -1);
}

/* Who comes late does not overtake those that wait, though the turn is free. */
static void test_no_overtaking(void)
{
	g_autoptr(turns) self = turns_new();

	turns_limit(self, 100);
	g_assert_true(turns_take(self, &one, 0));
	g_assert_false(turns_take(self, &two, 0));
	turns_end(self, &one);
	g_assert_false(turns_take(self, &three, 0));
	g_assert_true(turns_next(self, 0) == &two);
	g_assert_null(turns_next(self, 50));
	g_assert_true(turns_next(self, 100) == &three);
	turns_end(self, &three);
	g_assert_true(turns_take(self, &one, 100));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/turns/nobody-waits", test_nobody_waits);
	g_test_add_func("/turns/one-after-the-other", test_one_after_the_other);
	g_test_add_func("/turns/no-overtaking", test_no_overtaking);
	return g_test_run();
}
