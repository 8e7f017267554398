/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/listing.h"

#include <string.h>

static GStrv parse(const char *text, const char *kind, guint64 number)
{
	g_autoptr(GBytes) bytes = g_bytes_new_static(text, strlen(text));

	return listing_parse(bytes, kind, number);
}

/* What is written can be read again. */
static void test_round_trip(void)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new();

	g_assert_null(listing_format("answers", 7, lines));
	g_ptr_array_add(lines, (char *)"a 10.0.0.1 -");
	g_ptr_array_add(lines, (char *)"b");
	g_autoptr(GBytes) text = listing_format("answers", G_MAXUINT64, lines);
	g_autofree char *whole = g_strndup(g_bytes_get_data(text, NULL), g_bytes_get_size(text));
	g_assert_cmpstr(whole, ==, "lockferry answers 1 18446744073709551615 2\na 10.0.0.1 -\nb\n");
	g_auto(GStrv) found = listing_parse(text, "answers", G_MAXUINT64);
	g_assert_cmpuint(g_strv_length(found), ==, 2);
	g_assert_cmpstr(found[0], ==, "a 10.0.0.1 -");
	g_assert_cmpstr(found[1], ==, "b");
	/* A text that is cut off at the end is noticed. */
	for (gsize length = 0; length < strlen(whole); length++) {
		g_autoptr(GBytes) part = g_bytes_new(whole, length);

		g_assert_null(listing_parse(part, "answers", G_MAXUINT64));
	}
}

static void test_says_nothing(void)
{
	static const char *const texts[] = {
		"lockferry answers 1 8 1\na\n",
		"lockferry may_have_lost 1 7 1\na\n",
		"lockferry answers 2 7 1\na\n",
		"lockferry answers 1 7 1 1\na\n",
		"lockferry answers 1 7\na\n",
		"lockferry answers 1 -7 1\na\n",
		"lockferry answers 1 7 2\na\n",
		"lockferry answers 1 7 0\na\n",
		"lockferry answers 1 7 1\na\nb\n",
		"lockferry answers 1 7 1\na\n\n",
		"lockferry answers 1 7 99999999999\na\n",
		"answers 1 7 1\na\n",
		"\n",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		g_assert_null(parse(texts[i], "answers", 7));
	g_auto(GStrv) found = parse("lockferry answers 1 7 1\na\n", "answers", 7);
	g_assert_cmpuint(g_strv_length(found), ==, 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/listing/round-trip", test_round_trip);
	g_test_add_func("/listing/says-nothing", test_says_nothing);
	return g_test_run();
}
