/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/tickler.h"

#include "net/tickle.h"

#include "base/error.h"

#define ONE "10.0.0.1"
#define TWO "10.0.0.2"

/* No packet is sent: the calls are noted. */
tickle *__wrap_tickle_start(const char *address, const GArray *connections, GError **error);
guint __wrap_tickle_count(const tickle *self);
void __wrap_tickle_free(tickle *self);

static GString *noted; /* one word for each step */
static bool fails;

tickle *__wrap_tickle_start(const char *address, const GArray *connections, GError **error)
{
	g_assert_cmpuint(connections->len, ==, 1);
	g_string_append_printf(noted, "%s ", address);
	if (!fails)
		return g_malloc(1);
	g_set_error_literal(error, LF_ERROR, LF_ERROR_FAILED, "it isn't here");
	return NULL;
}

guint __wrap_tickle_count(const tickle *self G_GNUC_UNUSED)
{
	return 1;
}

void __wrap_tickle_free(tickle *self)
{
	if (self != NULL)
		g_string_append(noted, "end ");
	g_free(self);
}

static void assert_noted(const char *expected)
{
	g_assert_cmpstr(noted->str, ==, expected);
	g_string_truncate(noted, 0);
}

static tickler *begin(void)
{
	fails = false;
	g_string_truncate(noted, 0);
	return tickler_new();
}

static GArray *some_connections(void)
{
	GArray *connections = connections_new();

	g_array_set_size(connections, 1);
	return connections;
}

static void test_once_an_address(void)
{
	g_autoptr(tickler) self = begin();

	tickler_arrived(self, ONE);
	assert_noted("");
	tickler_expect(self, some_connections(), 2);
	tickler_arrived(self, ONE);
	tickler_arrived(self, ONE);
	assert_noted(ONE " ");
	tickler_arrived(self, TWO);
	tickler_arrived(self, ONE);
	tickler_arrived(self, TWO);
	assert_noted(TWO " ");
}

/* Connections of an earlier takeover are not used after the next one. */
static void test_anew_after_a_takeover(void)
{
	g_autoptr(tickler) self = begin();

	tickler_expect(self, some_connections(), 2);
	tickler_arrived(self, ONE);
	tickler_expect(self, some_connections(), 2);
	assert_noted(ONE " end ");
	tickler_arrived(self, ONE);
	assert_noted(ONE " ");
	tickler_expect(self, NULL, 2);
	tickler_arrived(self, TWO);
	assert_noted("end ");
}

/* The clients notice the end of their connections by themselves. */
static void test_no_second_try(void)
{
	g_autoptr(tickler) self = begin();

	fails = true;
	tickler_expect(self, some_connections(), 2);
	tickler_arrived(self, ONE);
	tickler_arrived(self, ONE);
	assert_noted(ONE " ");
	fails = false;
	tickler_arrived(self, TWO);
	assert_noted(TWO " ");
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	noted = g_string_new(NULL);
	g_test_add_func("/tickler/once an address", test_once_an_address);
	g_test_add_func("/tickler/again after a takeover", test_anew_after_a_takeover);
	g_test_add_func("/tickler/no second try", test_no_second_try);
	status = g_test_run();
	g_string_free(noted, TRUE);
	return status;
}
