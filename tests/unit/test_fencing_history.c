/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/fencing_history.h"

#include "base/error.h"

#include <string.h>

#define HEAD                                                                                       \
	"<pacemaker-result api-version='2.25' request='stonith_admin'><list name='Fencing "        \
	"history'>"
#define TAIL "</list><status code='0' message='OK'/></pacemaker-result>"
#define EVENT(action, target, status, completed)                                                   \
	"<fence_event action='" action "' target='" target                                         \
	"' client='c' origin='o' status='" status "' completed='" completed "'/>"

/* 2026-11-28 20:05:11 UTC */
#define FENCED_S G_GINT64_CONSTANT(1795896311)

static fencing_history *must_parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	fencing_history *history = fencing_history_parse(text, strlen(text), &error);

	g_assert_no_error(error);
	g_assert_nonnull(history);
	return history;
}

static void assert_fencings(const char *text, const char *node, guint count, gint64 last_us)
{
	g_autoptr(fencing_history) history = must_parse(text);
	struct fencings fencings = fencing_history_of(history, node);

	g_assert_cmpuint(fencings.count, ==, count);
	g_assert_cmpint(fencings.last_us, ==, last_us);
}

/* A successful "off" or "reboot" of this node counts, the newest one in any position. */
static void test_kinds(void)
{
	static const char text[] = HEAD EVENT(
		"on", "node1", "success", "2026-11-28 20:09:00Z") EVENT("reboot", "node1", "failed",
		"2026-11-28 20:08:00Z") EVENT("reboot", "node2", "success",
		"2026-11-28 20:07:00Z") EVENT("off", "Node1", "success",
		"2026-11-28 20:05:11Z") EVENT("reboot", "node1", "success",
		"2026-11-27 20:05:11Z") "<fence_event action='reboot' target='node1' client='c' origin='o' status='pending' extended-status='1'/>" TAIL;

	assert_fencings(text, "node1", 2, FENCED_S * G_USEC_PER_SEC);
	assert_fencings(text, "NODE2", 1, (FENCED_S + 109) * G_USEC_PER_SEC);
	assert_fencings(text, "node3", 0, 0);
	assert_fencings(HEAD TAIL, "node1", 0, 0);
}

/* Pacemaker before 2.1.6 prints no fraction. All versions print the time zone of the process. */
static void test_times(void)
{
	gint64 fenced_us = FENCED_S * G_USEC_PER_SEC;

	assert_fencings(HEAD EVENT("off", "n", "success", "2026-11-28 20:05:11.123456Z") TAIL, "n",
		1, fenced_us + 123456);
	assert_fencings(HEAD EVENT("off", "n", "success", "2026-11-28 20:05:11.5 Z") TAIL, "n", 1,
		fenced_us + 500000);
	assert_fencings(HEAD EVENT("off", "n", "success", "2026-11-28 20:05:11.000000999Z") TAIL,
		"n", 1, fenced_us);
	assert_fencings(HEAD EVENT("off", "n", "success", "2026-11-29 01:35:11 +05:30") TAIL, "n",
		1, fenced_us);
	assert_fencings(HEAD EVENT("off", "n", "success", "2026-11-28 16:35:11-03:30") TAIL, "n", 1,
		fenced_us);
}

static void assert_error(const char *text, gsize length, const char *says)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(fencing_history_parse(text, length, &error));
	g_assert_nonnull(error);
	if (strstr(error->message, says) == NULL)
		g_error("'%s' does not say '%s'", error->message, says);
}

/* An invalid answer does not mean "never fenced". */
static void test_no_answer(void)
{
	static const char *const wrong[] = {"", "OK", "<crm_mon/>",
		"<pacemaker-result></pacemaker-result>", HEAD "</list></pacemaker-result>",
		HEAD "</list><status code='' message='OK'/></pacemaker-result>", HEAD TAIL "<",
		HEAD EVENT("off", "n", "success", "yesterday") TAIL,
		HEAD EVENT("off", "n", "success", "2026-11-28 20:05:11") TAIL,
		HEAD EVENT("off", "n", "success", "2026-13-28 20:05:11Z") TAIL,
		HEAD EVENT("off", "", "success", "2026-11-28 20:05:11Z") TAIL,
		HEAD "<fence_event action='off' target='n' status='success'/>" TAIL};
	static const char whole[] = HEAD EVENT("off", "n", "success", "2026-11-28 20:05:11Z") TAIL;

	for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++)
		assert_error(wrong[i], strlen(wrong[i]), "");
	for (gsize length = 0; length < strlen(whole); length++)
		assert_error(whole, length, "");
	assert_error("<pacemaker-result><status code='102' message='Not connected'><errors>"
		     "<error>Could not connect to fencer: no</error></errors></status>"
		     "</pacemaker-result>",
		137, "cannot read");
}

/* The message has Pacemaker's own reason. */
static void test_reason(void)
{
	static const char with_error[] =
		"<pacemaker-result><status code='102' message='Not connected'><errors>"
		"<error>Could not connect to fencer: no</error><error>2</error></errors></status>"
		"</pacemaker-result>";
	static const char without[] =
		"<pacemaker-result><status code='107' message='No data'/></pacemaker-result>";

	assert_error(with_error, strlen(with_error), "Could not connect to fencer: no");
	assert_error(without, strlen(without), "No data");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fencing-history/kinds", test_kinds);
	g_test_add_func("/fencing-history/times", test_times);
	g_test_add_func("/fencing-history/no-answer", test_no_answer);
	g_test_add_func("/fencing-history/reason", test_reason);
	return g_test_run();
}
