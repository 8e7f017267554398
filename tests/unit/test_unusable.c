/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/unusable.h"

typedef struct fixture {
	struct problems problems;
	unusable *unusable;
} fixture;

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->unusable = unusable_new("/sm", &self->problems);
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	unusable_free(self->unusable);
	problems_clear(&self->problems);
}

static GPtrArray *list_of(const char *name)
{
	GPtrArray *list = g_ptr_array_new();

	if (name != NULL)
		g_ptr_array_add(list, (char *)name);
	return list;
}

/* Notes a capture with at most one file of each kind: a record, a removed one, one that cannot be
 * read. */
static void note(fixture *self, bool whole, const char *seen, const char *gone, const char *bad)
{
	g_autoptr(GPtrArray) seen_files = list_of(seen), absent_files = list_of(gone);
	g_autoptr(GPtrArray) unusable_files = list_of(bad), why = list_of(bad);
	const struct captured what = {
		.whole = whole,
		.seen_files = seen_files,
		.absent_files = absent_files,
		.unusable = why,
		.unusable_files = unusable_files,
	};

	unusable_note(self->unusable, &what);
}

static void assert_problem(const fixture *self, const char *expected)
{
	g_assert_cmpstr(self->problems.texts[PROBLEM_UNUSABLE], ==, expected);
}

/* The problem stays as long as the file is there, whatever other files are looked at. */
static void test_until_mended(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	note(self, false, "good", NULL, NULL);
	assert_problem(self, NULL);
	note(self, false, NULL, NULL, "bad");
	assert_problem(self, "in '/sm': bad");
	note(self, false, "good", "other", NULL);
	assert_problem(self, "in '/sm': bad");
	note(self, false, "bad", NULL, NULL);
	assert_problem(self, NULL);
}

static void test_until_gone(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	note(self, false, NULL, NULL, "bad");
	note(self, false, NULL, "bad", NULL);
	assert_problem(self, NULL);
}

static void test_one_of_two(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	note(self, false, NULL, NULL, "a");
	note(self, false, NULL, NULL, "b");
	note(self, false, NULL, "a", NULL);
	assert_problem(self, "in '/sm': b");
}

/* A look at the whole directory finds all such files. */
static void test_whole(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	note(self, false, NULL, NULL, "a");
	note(self, true, NULL, NULL, "b");
	assert_problem(self, "in '/sm': b");
	note(self, true, NULL, NULL, NULL);
	assert_problem(self, NULL);
}

#define ADD(name, function)                                                                        \
	g_test_add("/unusable/" name, fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("until-mended", test_until_mended);
	ADD("until-gone", test_until_gone);
	ADD("one-of-two", test_one_of_two);
	ADD("whole", test_whole);
	return g_test_run();
}
