/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/text.h"

#include <stdlib.h>

#define FIELDS 3

static const struct line {
	const char *text;
	gsize count;
	const char *fields[FIELDS];
} lines[] = {
	{"", 0, {NULL}},
	{"   ", 0, {NULL}},
	{"one", 1, {"one"}},
	{"  one  two ", 2, {"one", "two"}},
	{"one two three", 3, {"one", "two", "three"}},
	{"one two three ", 3, {"one", "two", "three"}},
	{"one two three four five", FIELDS + 1, {"one", "two", "three"}},
	{"one\ttwo", 1, {"one\ttwo"}},
};

static void test_split(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autofree char *copy = g_strdup(lines[i].text);
		char *fields[FIELDS];

		g_assert_cmpuint(text_split(copy, fields, FIELDS), ==, lines[i].count);
		for (gsize j = 0; j < MIN(lines[i].count, FIELDS); j++)
			g_assert_cmpstr(fields[j], ==, lines[i].fields[j]);
	}
}

static void test_compare(void)
{
	const char *texts[] = {"b", "B", "", "ab", "\xc3\xa4", "a"};
	static const char *const sorted[] = {"", "B", "a", "ab", "b", "\xc3\xa4"};

	qsort(texts, G_N_ELEMENTS(texts), sizeof(texts[0]), text_compare);
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		g_assert_cmpstr(texts[i], ==, sorted[i]);
}

static void test_count(void)
{
	g_autofree char *none = text_count(0, "client");
	g_autofree char *one = text_count(1, "client");
	g_autofree char *two = text_count(2, "client");

	g_assert_cmpstr(none, ==, "0 clients");
	g_assert_cmpstr(one, ==, "1 client");
	g_assert_cmpstr(two, ==, "2 clients");
}

static void test_name_some(void)
{
	static const char *const many[] = {
		"l", "b", "c", "a", "e", "f", "g", "h", "i", "j", "k", "d"};
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *two = NULL;
	g_autofree char *twelve = NULL;

	for (gsize i = 0; i < 2; i++)
		g_ptr_array_add(names, (gpointer)many[i]);
	two = text_name_some(names);
	g_assert_cmpstr(two, ==, "'b', 'l'");
	g_ptr_array_set_size(names, 0);
	for (gsize i = 0; i < G_N_ELEMENTS(many); i++)
		g_ptr_array_add(names, (gpointer)many[i]);
	twelve = text_name_some(names);
	g_assert_cmpstr(twelve, ==, "'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j' and 2 more");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/text/split", test_split);
	g_test_add_func("/text/compare", test_compare);
	g_test_add_func("/text/count", test_count);
	g_test_add_func("/text/name-some", test_name_some);
	return g_test_run();
}
