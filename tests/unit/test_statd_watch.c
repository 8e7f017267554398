/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/statd_watch.h"

#include "nsm/statd_rights.h"
#include "service/missed.h"

#define S ((gint64)G_USEC_PER_SEC)
#define STATD "100@7"
#define USER 33

/* What the callout left, and the rights of statd. */
missed *__wrap_missed_open(const char *run_dir, const char *group, uid_t recorder, GError **error);
guint __wrap_missed_look(missed *self, char **last);
void __wrap_missed_close(missed *self);
bool __wrap_statd_rights_look(
	const char *proc_dir, const char *incarnation, const char *sm, struct statd_rights *rights);

static guint left;                 /* lines of the callout since the last look */
static struct statd_rights rights; /* the rights of statd */
static const struct group_options options = {.group = "blue", .sm_dir = "/sm"};

missed *__wrap_missed_open(const char *run_dir G_GNUC_UNUSED, const char *group G_GNUC_UNUSED,
	uid_t recorder, GError **error G_GNUC_UNUSED)
{
	g_assert_cmpuint(recorder, ==, USER);
	return g_malloc(1);
}

guint __wrap_missed_look(missed *self G_GNUC_UNUSED, char **last)
{
	guint now = left;

	*last = now > 0 ? g_strdup("10.0.0.9") : NULL;
	left = 0;
	return now;
}

void __wrap_missed_close(missed *self)
{
	g_free(self);
}

bool __wrap_statd_rights_look(const char *proc_dir G_GNUC_UNUSED, const char *incarnation,
	const char *sm, struct statd_rights *to)
{
	g_assert_cmpstr(incarnation, ==, STATD);
	g_assert_cmpstr(sm, ==, "/sm");
	*to = rights;
	to->barred = g_strdup(rights.barred);
	return true;
}

static void test_missed(void)
{
	struct problems problems = {0};
	g_autoptr(statd_watch) self = statd_watch_new(&options, USER, &problems, NULL);

	left = 2;
	statd_watch_look_at_missed(self, 1000 * S);
	left = 1;
	statd_watch_look_at_missed(self, 1001 * S);
	g_assert_cmpuint(statd_watch_missed(self), ==, 3);
	g_assert_nonnull(g_strstr_len(problems.texts[PROBLEM_MISSED], -1, " 3 clients"));
	statd_watch_look_at_missed(self, 1601 * S);
	g_assert_nonnull(problems.texts[PROBLEM_MISSED]);
	statd_watch_look_at_missed(self, 1602 * S);
	g_assert_null(problems.texts[PROBLEM_MISSED]);
	g_assert_cmpuint(statd_watch_missed(self), ==, 3);
}

/* The rights are not checked each second. */
static void test_rights(void)
{
	struct problems problems = {0};
	g_autoptr(statd_watch) self = statd_watch_new(&options, USER, &problems, NULL);

	rights = (struct statd_rights){.user = USER};
	g_assert_true(statd_watch_is_due(self, 1000 * S));
	statd_watch_look_at_rights(self, STATD, 1000 * S);
	g_assert_null(problems.texts[PROBLEM_STATD]);
	g_assert_false(statd_watch_is_due(self, 1009 * S));
	g_assert_true(statd_watch_is_due(self, 1010 * S));
	rights.user = USER + 1;
	statd_watch_look_at_rights(self, STATD, 1010 * S);
	g_assert_nonnull(g_strstr_len(problems.texts[PROBLEM_STATD], -1, "user 34, but '/sm'"));
	rights.barred = (char *)"/";
	statd_watch_look_at_rights(self, STATD, 1020 * S);
	g_assert_nonnull(g_strstr_len(problems.texts[PROBLEM_STATD], -1, "but '/' "));
	/* root has all rights. */
	rights = (struct statd_rights){.user = 0};
	statd_watch_look_at_rights(self, STATD, 1030 * S);
	g_assert_null(problems.texts[PROBLEM_STATD]);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/statd_watch/missed", test_missed);
	g_test_add_func("/statd_watch/rights", test_rights);
	return g_test_run();
}
