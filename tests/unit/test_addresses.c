/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/addresses.h"

#include "base/error.h"
#include "network.h"
#include "scratch.h"

#include <string.h>

#define FIRST "192.0.2.10"
#define SECOND "192.0.2.11"
#define SIXTH "2001:db8::10"

struct watch {
	addresses *addresses;
	guint changes;
	guint wanted;
};

static void changed(void *data)
{
	((struct watch *)data)->changes++;
}

static bool has_changed(void *data)
{
	struct watch *watch = data;

	return watch->changes >= watch->wanted;
}

static void await_changes(struct watch *watch, guint wanted)
{
	watch->wanted = wanted;
	g_assert_true(scratch_run_until(has_changed, watch));
	g_assert_cmpuint(watch->changes, ==, wanted);
}

static void start(struct watch *watch, const char *const *list)
{
	g_autoptr(GError) error = NULL;

	watch->changes = 0;
	watch->addresses = addresses_new(list, changed, watch, &error);
	g_assert_no_error(error);
	g_assert_true(addresses_start(watch->addresses, &error));
	g_assert_no_error(error);
}

static void test_come_and_go(void)
{
	const char *const list[] = {FIRST, SIXTH, NULL};
	struct watch watch;

	start(&watch, list);
	g_assert_cmpstr(addresses_list(watch.addresses)[1], ==, SIXTH);
	g_assert_false(addresses_any_here(watch.addresses));

	network_add(FIRST);
	await_changes(&watch, 1);
	g_assert_true(addresses_is_here(watch.addresses, 0));
	g_assert_false(addresses_is_here(watch.addresses, 1));
	g_assert_true(addresses_any_here(watch.addresses));

	network_add(SIXTH);
	await_changes(&watch, 2);
	g_assert_true(addresses_is_here(watch.addresses, 1));
	network_remove(FIRST);
	await_changes(&watch, 3);
	g_assert_false(addresses_is_here(watch.addresses, 0));
	g_assert_true(addresses_any_here(watch.addresses));
	network_remove(SIXTH);
	await_changes(&watch, 4);
	g_assert_false(addresses_any_here(watch.addresses));
	addresses_free(watch.addresses);
}

/* Addresses of others are not reported. An address that goes and comes between two looks is not
 * lost. */
static void test_others(void)
{
	const char *const list[] = {FIRST, NULL};
	struct watch watch;

	start(&watch, list);
	network_add(SECOND);
	network_add(SIXTH);
	network_add("2001:db8::1192:0:2:10");
	network_add(FIRST);
	await_changes(&watch, 1);
	g_assert_true(addresses_is_here(watch.addresses, 0));
	network_remove(FIRST);
	network_add(FIRST);
	network_remove(SECOND);
	network_remove(SIXTH);
	network_remove("2001:db8::1192:0:2:10");
	network_remove(FIRST);
	await_changes(&watch, 2);
	g_assert_false(addresses_any_here(watch.addresses));
	addresses_free(watch.addresses);
}

static void test_here_before(void)
{
	/* However the address is written. */
	const char *const list[] = {"2001:0DB8:0:0:0:0:0:10", FIRST, NULL};
	struct watch watch;

	network_add(SIXTH);
	start(&watch, list);
	g_assert_true(addresses_is_here(watch.addresses, 0));
	g_assert_cmpuint(watch.changes, ==, 0);
	network_remove(SIXTH);
	/* This works without the main loop and without a call-back. */
	addresses_look(watch.addresses);
	g_assert_false(addresses_is_here(watch.addresses, 0));
	addresses_free(watch.addresses);
}

/* More changes come than the socket can hold. The final state is seen. */
static void test_many(void)
{
	const char *const list[] = {FIRST, NULL};
	struct watch watch;

	start(&watch, list);
	for (guint i = 0; i < 3000; i++) {
		network_add(SECOND);
		network_remove(SECOND);
	}
	network_add(FIRST);
	await_changes(&watch, 1);
	network_remove(FIRST);
	await_changes(&watch, 2);
	addresses_free(watch.addresses);
}

static void test_refused(void)
{
	static const char *const lists[][4] = {
		{NULL},
		{"", NULL},
		{"nfs.example.com", NULL},
		{"192.0.2.10/24", NULL},
		{"192.0.2", NULL},
		{"192.0.2.256", NULL},
		{" 192.0.2.10", NULL},
		{"2001:db8::10/64", NULL},
		{"fe80::1%lo", NULL},
		{"2001:db8::10::", NULL},
		{FIRST, "", NULL},
		{FIRST, SECOND, FIRST, NULL},
		{SIXTH, "2001:DB8:0::10", NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(addresses_new(lists[i], changed, NULL, &error));
		g_assert_error(error, LF_ERROR, LF_ERROR_NOT_CONFIGURED);
	}
	addresses_free(NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	network_enter_or_skip();
	g_test_add_func("/addresses/come-and-go", test_come_and_go);
	g_test_add_func("/addresses/others", test_others);
	g_test_add_func("/addresses/here-before", test_here_before);
	g_test_add_func("/addresses/many", test_many);
	g_test_add_func("/addresses/refused", test_refused);
	return g_test_run();
}
