/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/exposition.h"

#include <locale.h>

static const struct metric_label none[] = {{0}};

static void assert_text(GString *text, const char *expected)
{
	g_assert_cmpstr(text->str, ==, expected);
	g_string_free(text, TRUE);
}

static void test_families(void)
{
	const struct metric_label labels[] = {{"group", "blue"}, {"phase", "serving"}, {0}};
	GString *text = g_string_new(NULL);

	exposition_family(text, "a_total", METRIC_COUNTER, "How many.");
	exposition_sample(text, "a_total", none, 3);
	exposition_family(text, "b_seconds", METRIC_GAUGE, "How long.");
	exposition_sample(text, "b_seconds", labels, 0.25);
	assert_text(text, "# HELP a_total How many.\n"
			  "# TYPE a_total counter\n"
			  "a_total{} 3\n"
			  "# HELP b_seconds How long.\n"
			  "# TYPE b_seconds gauge\n"
			  "# UNIT b_seconds seconds\n"
			  "b_seconds{group=\"blue\",phase=\"serving\"} 0.25\n");
}

static void test_escapes(void)
{
	const struct metric_label labels[] = {{"group", "a\"b\\c\nd=\xc3\xa4\xff,}"}, {0}};
	GString *text = g_string_new(NULL);

	exposition_family(text, "a", METRIC_GAUGE, "One \"of\\two\nlines");
	exposition_sample(text, "a", labels, 1);
	assert_text(text, "# HELP a One \"of\\\\two\\nlines\n"
			  "# TYPE a gauge\n"
			  "a{group=\"a\\\"b\\\\c\\nd=\xc3\xa4\xef\xbf\xbd,}\"} 1\n");
}

/* Large and small numbers, and a locale with a decimal comma. */
static void test_numbers(void)
{
	GString *text = g_string_new(NULL);

	setlocale(LC_ALL, "de_DE.UTF-8");
	exposition_sample(text, "a", none, 1763712234);
	exposition_sample(text, "a", none, 123456789012345);
	exposition_sample(text, "a", none, 0.1 + 0.2);
	exposition_sample(text, "a", none, -1.5);
	exposition_sample(text, "a", none, 1e-9);
	setlocale(LC_ALL, "C");
	assert_text(text, "a{} 1763712234\na{} 123456789012345\na{} 0.3\na{} -1.5\na{} 1e-09\n");
}

static void test_histogram(void)
{
	const struct metric_label labels[] = {{"group", "blue"}, {0}};
	struct histogram values = {0};
	GString *text = g_string_new(NULL);

	histogram_observe(&values, 0);
	histogram_observe(&values, 0.001); /* a value equal to a bound is in its bucket */
	histogram_observe(&values, 0.0011);
	histogram_observe(&values, 3);
	histogram_observe(&values, 60);
	exposition_histogram(text, "a_seconds", labels, &values);
	assert_text(text, "a_seconds_bucket{group=\"blue\",le=\"0.001\"} 2\n"
			  "a_seconds_bucket{group=\"blue\",le=\"0.0025\"} 3\n"
			  "a_seconds_bucket{group=\"blue\",le=\"0.005\"} 3\n"
			  "a_seconds_bucket{group=\"blue\",le=\"0.01\"} 3\n"
			  "a_seconds_bucket{group=\"blue\",le=\"0.025\"} 3\n"
			  "a_seconds_bucket{group=\"blue\",le=\"0.05\"} 3\n"
			  "a_seconds_bucket{group=\"blue\",le=\"0.1\"} 3\n"
			  "a_seconds_bucket{group=\"blue\",le=\"0.25\"} 3\n"
			  "a_seconds_bucket{group=\"blue\",le=\"0.5\"} 3\n"
			  "a_seconds_bucket{group=\"blue\",le=\"1\"} 3\n"
			  "a_seconds_bucket{group=\"blue\",le=\"2.5\"} 3\n"
			  "a_seconds_bucket{group=\"blue\",le=\"10\"} 4\n"
			  "a_seconds_bucket{group=\"blue\",le=\"+Inf\"} 5\n"
			  "a_seconds_sum{group=\"blue\"} 63.0021\n"
			  "a_seconds_count{group=\"blue\"} 5\n");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/exposition/families", test_families);
	g_test_add_func("/exposition/escapes", test_escapes);
	g_test_add_func("/exposition/numbers", test_numbers);
	g_test_add_func("/exposition/histogram", test_histogram);
	return g_test_run();
}
