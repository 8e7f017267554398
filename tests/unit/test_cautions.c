/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/cautions.h"

#include "base/clock.h"

gint64 __wrap_clock_now_us(void);

#define S ((gint64)G_USEC_PER_SEC)

static gint64 now_us;

gint64 __wrap_clock_now_us(void)
{
	return now_us;
}

static void assert_shown(const struct cautions *cautions, const char *expected)
{
	g_autoptr(JsonArray) array = json_array_new();
	g_autoptr(GString) shown = g_string_new(NULL);

	cautions_to_json(cautions, array);
	for (guint i = 0; i < json_array_get_length(array); i++)
		g_string_append_printf(shown, "%s ", json_array_get_string_element(array, i));
	g_assert_cmpstr(shown->str, ==, expected);
	g_assert_cmpint(cautions_any(cautions), ==, expected[0] != '\0');
}

/* Each has a time of its own, and none replaces another. */
static void test_pass(void)
{
	struct cautions cautions = {0};

	assert_shown(&cautions, "");
	now_us = 1000 * S;
	cautions_add_passing(&cautions, "late", 20);
	cautions_add_passing(&cautions, "lost", 10);
	assert_shown(&cautions, "late lost ");
	now_us = 1010 * S;
	assert_shown(&cautions, "late ");
	now_us = 1020 * S;
	assert_shown(&cautions, "");
	cautions_add(&cautions, "damaged");
	now_us = 1000000 * S;
	assert_shown(&cautions, "damaged ");
	cautions_clear(&cautions);
	assert_shown(&cautions, "");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cautions/pass", test_pass);
	return g_test_run();
}
