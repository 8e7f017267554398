/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/grace_length.h"

#include "group/recovery_times.h"

#include <string.h>

static GArray *list_of(const struct recovery_times *times, guint count)
{
	GArray *list = recovery_times_new();

	for (guint i = 0; i < count; i++)
		recovery_times_add(list, &times[i]);
	return list;
}

static struct grace_length length_for(guint clients, bool was_short, guint lease_s,
	const struct recovery_times *times, guint count)
{
	g_autoptr(GArray) list = list_of(times, count);
	const struct grace_facts facts = {.clients = clients,
		.was_short = was_short,
		.lease_s = lease_s,
		.times = count > 0 ? list : NULL};

	return grace_length_for(&facts);
}

/* Nothing was measured: long, and less where the clients' connections can be renewed. */
static void test_unknown(void)
{
	struct grace_length crash = length_for(14, false, 30, NULL, 0);
	struct grace_length planned = length_for(14, true, 30, NULL, 0);

	g_assert_cmpuint(crash.retry, ==, 60);
	g_assert_cmpuint(crash.arrival, ==, 15);
	g_assert_cmpuint(crash.telling, ==, 2);
	g_assert_cmpuint(crash.seconds, ==, 80);
	g_assert_cmpuint(planned.retry, ==, 10);
	g_assert_cmpuint(planned.seconds, ==, 30);
	/* It grows with them. */
	g_assert_cmpuint(length_for(1000, true, 30, NULL, 0).telling, ==, 52);
	g_assert_cmpuint(length_for(1000, true, 30, NULL, 0).seconds, ==, 80);
}

static void test_nobody(void)
{
	g_assert_cmpuint(length_for(0, false, 0, NULL, 0).seconds, ==, 10);
	g_assert_cmpuint(length_for(0, false, 30, NULL, 0).seconds, ==, 30);
}

static void test_lease(void)
{
	g_assert_cmpuint(length_for(1, true, 90, NULL, 0).seconds, ==, 90);
	g_assert_cmpuint(length_for(1, true, 91, NULL, 0).seconds, ==, 100);
}

/* Twice the worst that was measured, and never less than what is always possible. */
static void test_measured(void)
{
	static const struct recovery_times quick[] = {{14, 1800, 30, 1000}, {14, 900, 20, 900}};
	static const struct recovery_times slow[] = {{14, 12000, 500, 21000}, {14, 900, 20, 900}};
	struct grace_length length = length_for(14, true, 0, quick, 2);

	g_assert_cmpuint(length.arrival, ==, 5);
	g_assert_cmpuint(length.telling, ==, 2);
	g_assert_cmpuint(length.seconds, ==, 20);
	g_assert_cmpuint(length_for(14, false, 0, quick, 2).seconds, ==, 70);
	length = length_for(14, true, 0, slow, 2);
	g_assert_cmpuint(length.arrival, ==, 24);
	g_assert_cmpuint(length.telling, ==, 42);
	g_assert_cmpuint(length.seconds, ==, 80);
	g_assert_cmpuint(length.recoveries, ==, 2);
}

/* More clients than then take longer, fewer are not counted on to be quicker. */
static void test_scaled(void)
{
	static const struct recovery_times times[] = {{10, 1000, 500, 2000}};

	g_assert_cmpuint(length_for(100, true, 0, times, 1).telling, ==, 40);
	g_assert_cmpuint(length_for(5, true, 0, times, 1).telling, ==, 4);
	/* However quick ten were. */
	static const struct recovery_times lucky[] = {{10, 1000, 1, 1}};
	g_assert_cmpuint(length_for(1000, true, 0, lucky, 1).telling, ==, 12);
	/* None of them came back, so how long that takes is not known. */
	static const struct recovery_times silent[] = {{10, 1000, 0, 0}};
	g_assert_cmpuint(length_for(1000, true, 0, silent, 1).telling, ==, 52);
}

static void test_most(void)
{
	static const struct recovery_times times[] = {{1, 86400000, 86400000, 86400000}};

	g_assert_cmpuint(
		length_for(100000000, false, 3600, times, 1).seconds, ==, GRACE_LENGTH_MAX_S);
}

static void test_text(void)
{
	static const struct recovery_times times[] = {{14, 1800, 30, 1000}};
	struct grace_length measured = length_for(14, true, 30, times, 1);
	struct grace_length unknown = length_for(14, false, 0, NULL, 0);
	struct grace_length nobody = length_for(0, false, 0, NULL, 0);
	g_autofree char *measured_text = grace_length_text(&measured);
	g_autofree char *unknown_text = grace_length_text(&unknown);
	g_autofree char *nobody_text = grace_length_text(&nobody);

	g_assert_cmpstr(measured_text, ==,
		"5 s until the address comes, 2 s to tell and record 14 clients, 10 s for a client's next try to connect; at least the lease, 30 s; by 1 recoveries that were measured");
	g_assert_cmpstr(unknown_text, ==,
		"15 s until the address comes, 2 s to tell and record 14 clients, 60 s for a client's next try to connect; no recovery was measured yet");
	g_assert_cmpstr(nobody_text, ==, "no client has NFSv3 locks to reclaim");
}

static void test_list(void)
{
	g_autoptr(GArray) list = recovery_times_new();
	g_autoptr(GArray) again = NULL;
	g_autofree char *text = NULL;

	for (guint i = 0; i < RECOVERY_TIMES_KEPT + 3; i++) {
		const struct recovery_times one = {i, i * 10, i * 20, i * 30};

		recovery_times_add(list, &one);
	}
	g_assert_cmpuint(list->len, ==, RECOVERY_TIMES_KEPT);
	g_assert_cmpuint(g_array_index(list, struct recovery_times, 0).clients, ==, 3);
	text = recovery_times_format(list);
	again = recovery_times_parse(text, strlen(text));
	g_assert_cmpuint(again->len, ==, list->len);
	g_assert_cmpint(
		memcmp(again->data, list->data, list->len * sizeof(struct recovery_times)), ==, 0);
}

static void test_not_a_list(void)
{
	static const char *const texts[] = {"", "lockferry recoveries 1 1\n",
		"lockferry recoveries 1 1\n1 2 3\n", "lockferry recoveries 1 1\n1 2 3 4 5\n",
		"lockferry recoveries 1 1\n1 2 3 -4\n", "lockferry recoveries 1 1\n1 2 3 4",
		"lockferry recoveries 1 1\n1 2 3 4\n5 6 7 8\n",
		"lockferry recoveries 1 2\n1 2 3 4\n", "lockferry recoveries 2 0\n",
		"lockferry recoveries 1 1\n1 2 03 4\n", "lockferry recoveries 1 1\n1  2 3\n",
		"lockferry recoveries 1 9\n"};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		g_assert_null(recovery_times_parse(texts[i], strlen(texts[i])));
	g_assert_null(recovery_times_parse("lockferry recoveries 1 0\n\0", 26));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/grace_length/unknown", test_unknown);
	g_test_add_func("/grace_length/nobody", test_nobody);
	g_test_add_func("/grace_length/lease", test_lease);
	g_test_add_func("/grace_length/measured", test_measured);
	g_test_add_func("/grace_length/scaled", test_scaled);
	g_test_add_func("/grace_length/most", test_most);
	g_test_add_func("/grace_length/text", test_text);
	g_test_add_func("/recovery_times/list", test_list);
	g_test_add_func("/recovery_times/not-a-list", test_not_a_list);
	return g_test_run();
}
