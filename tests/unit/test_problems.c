/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/problems.h"

#include <glib.h>
#include <qb/qblog.h>

static GString *logged; /* one line for each message: the level, a blank, the message */

static void note_line(int32_t target G_GNUC_UNUSED, struct qb_log_callsite *site,
	struct timespec *now G_GNUC_UNUSED, const char *message)
{
	g_string_append_printf(logged, "%u %s\n", site->priority, message);
}

/* Compares what was logged since the last call. */
static void assert_logged(const char *expected)
{
	g_assert_cmpstr(logged->str, ==, expected);
	g_string_truncate(logged, 0);
}

static void test_one_line_a_fault(void)
{
	struct problems problems = {0};

	problems_set(&problems, PROBLEM_STORE, NULL);
	assert_logged("");
	problems_set(&problems, PROBLEM_STORE, "cannot write 'a': make room");
	assert_logged("3 cannot write 'a': make room\n");
	/* The problem continues, and its text changes. */
	problems_set(&problems, PROBLEM_STORE, "cannot write 'a': make room");
	problems_set(&problems, PROBLEM_STORE, "cannot write 'b': make room");
	assert_logged("");
	g_assert_cmpstr(problems.texts[PROBLEM_STORE], ==, "cannot write 'b': make room");
	problems_set(&problems, PROBLEM_STORE, NULL);
	assert_logged("5 mended: cannot write 'b': make room\n");
	problems_set(&problems, PROBLEM_STORE, NULL);
	assert_logged("");
	problems_set(&problems, PROBLEM_STORE, "once more");
	assert_logged("3 once more\n");
	problems_clear(&problems);
	assert_logged("");
}

static void test_severity(void)
{
	struct problems problems = {0};

	g_assert_false(problems_any(&problems, false));
	g_assert_false(problems_any(&problems, true));
	problems_set(&problems, PROBLEM_LATE, "late");
	problems_set(&problems, PROBLEM_METRICS, "unwritten");
	assert_logged("2 late\n4 unwritten\n");
	g_assert_false(problems_any(&problems, false));
	g_assert_true(problems_any(&problems, true));
	problems_set(&problems, PROBLEM_DISK, "hangs");
	assert_logged("3 hangs\n");
	g_assert_true(problems_any(&problems, false));
	problems_clear(&problems);
	g_assert_false(problems_any(&problems, true));
}

static void open_log(void)
{
	int32_t target;

	qb_log_init("test", LOG_USER, LOG_EMERG);
	qb_log_ctl(QB_LOG_SYSLOG, QB_LOG_CONF_ENABLED, QB_FALSE);
	target = qb_log_custom_open(note_line, NULL, NULL, NULL);
	g_assert_cmpint(target, >=, 0);
	qb_log_filter_ctl(target, QB_LOG_FILTER_ADD, QB_LOG_FILTER_FILE, "*", LOG_DEBUG);
	qb_log_ctl(target, QB_LOG_CONF_ENABLED, QB_TRUE);
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	logged = g_string_new(NULL);
	open_log();
	g_test_add_func("/problems/one line a fault", test_one_line_a_fault);
	g_test_add_func("/problems/severity", test_severity);
	status = g_test_run();
	qb_log_fini();
	g_string_free(logged, TRUE);
	return status;
}
