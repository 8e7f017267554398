/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/progress.h"

static void put(client_list *list, const char *file, enum recovery recovery)
{
	client *entry = client_new(file, NULL, file, "server");

	entry->recovery = recovery;
	client_list_put(list, entry);
}

static void assert_seconds(
	const struct progress *progress, double told, double acknowledged, double reclaimed)
{
	g_assert_cmpfloat(progress_seconds(progress, RECOVERY_TOLD), ==, told);
	g_assert_cmpfloat(progress_seconds(progress, RECOVERY_ACKNOWLEDGED), ==, acknowledged);
	g_assert_cmpfloat(progress_seconds(progress, RECOVERY_RECLAIMED), ==, reclaimed);
}

static void test_steps(void)
{
	g_autoptr(client_list) list = client_list_new();
	struct progress progress;

	put(list, "10.0.0.1", RECOVERY_RECORDED);
	put(list, "10.0.0.2", RECOVERY_RECORDED);
	progress_begin(&progress, list, 7 * G_USEC_PER_SEC);
	assert_seconds(&progress, 0, 0, 0);

	client_list_set_recovery(list, "10.0.0.1", RECOVERY_TOLD);
	progress_look(&progress, list, 8 * G_USEC_PER_SEC);
	assert_seconds(&progress, 1, 0, 0);

	/* A client that reclaimed was told and has answered, even if nobody noticed. */
	client_list_set_recovery(list, "10.0.0.2", RECOVERY_RECLAIMED);
	progress_look(&progress, list, 9 * G_USEC_PER_SEC);
	assert_seconds(&progress, 2, 2, 2);

	/* No progress, and a client that came too late. */
	progress_look(&progress, list, 10 * G_USEC_PER_SEC);
	client_list_set_recovery(list, "10.0.0.1", RECOVERY_LOST);
	progress_look(&progress, list, 11 * G_USEC_PER_SEC);
	assert_seconds(&progress, 2, 2, 2);
}

/* Another process continues a recovery in which some clients are back already. */
static void test_goes_on(void)
{
	g_autoptr(client_list) list = client_list_new();
	struct progress progress;

	put(list, "10.0.0.1", RECOVERY_RECLAIMED);
	put(list, "10.0.0.2", RECOVERY_TOLD);
	progress_begin(&progress, list, G_USEC_PER_SEC);
	client_list_set_recovery(list, "10.0.0.2", RECOVERY_ACKNOWLEDGED);
	progress_look(&progress, list, 3 * G_USEC_PER_SEC);
	assert_seconds(&progress, 0, 2, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/progress/steps", test_steps);
	g_test_add_func("/progress/goes on", test_goes_on);
	return g_test_run();
}
