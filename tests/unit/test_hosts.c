/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/hosts.h"

#include <string.h>

static const char text[] = "# 192.0.2.99 commented\n"
			   "192.0.2.21\tclient1.example.com  Client1 # nfs\n"
			   "2001:db8::21 client1.example.com\n"
			   "not-an-address client3\n"
			   "192.0.2.24\n"
			   "fe80::25 client5\r\n"
			   "192.0.2.26 client6";

static void assert_reach(const char *mon_name, const char *source, const char *expected)
{
	g_autoptr(hosts) known = hosts_parse(text, strlen(text));
	g_autofree char *address = hosts_reach(known, mon_name, source);

	g_assert_cmpstr(address, ==, expected);
}

static void test_address(void)
{
	assert_reach("192.0.2.21", "192.0.2.10", "192.0.2.21");
	assert_reach("192.0.2.21", "2001:db8::10", NULL);
	assert_reach("::ffff:192.0.2.21", "192.0.2.10", "::ffff:192.0.2.21");
	assert_reach("::ffff:192.0.2.21", "2001:db8::10", NULL);
	assert_reach("2001:db8::1", "2001:db8::10", "2001:db8::1");
	assert_reach("fe80::1", "2001:db8::10", NULL);
	assert_reach("fe80::1%lo", "2001:db8::10", "fe80::1%lo");
	assert_reach("fe80::1", "fe80::10%lo", "fe80::1");
	assert_reach("fe80::1%no-such", "2001:db8::10", NULL);
}

static void test_name(void)
{
	assert_reach("client1.example.com", "192.0.2.10", "192.0.2.21");
	assert_reach("CLIENT1", "192.0.2.10", "192.0.2.21");
	assert_reach("client1", "2001:db8::10", NULL);
	assert_reach("client1.example.com", "2001:db8::10", "2001:db8::21");
	assert_reach("client2", "192.0.2.10", NULL);
	assert_reach("client3", "192.0.2.10", NULL);
	assert_reach("commented", "192.0.2.10", NULL);
	assert_reach("nfs", "192.0.2.10", NULL);
	assert_reach("client5", "2001:db8::10", NULL);
	assert_reach("client5", "fe80::10%lo", "fe80::25");
	assert_reach("client6", "192.0.2.10", "192.0.2.26");
}

static void test_any(void)
{
	static const char *const both[] = {"2001:db8::10", "192.0.2.10", NULL};
	static const char *const six[] = {"2001:db8::10", NULL};
	static const char *const none[] = {NULL};
	g_autoptr(hosts) known = hosts_parse(text, strlen(text));

	g_assert_true(hosts_can_reach(known, "192.0.2.21", both));
	g_assert_false(hosts_can_reach(known, "192.0.2.21", six));
	g_assert_true(hosts_can_reach(known, "192.0.2.21", none));
	g_assert_true(hosts_can_reach(known, "client6", both));
	g_assert_false(hosts_can_reach(known, "client6", six));
	g_assert_true(hosts_can_reach(known, "client6", none));
	g_assert_false(hosts_can_reach(known, "client2", none));
}

static void test_no_file(void)
{
	g_autoptr(hosts) known = hosts_load("/nonexistent/hosts");
	g_autofree char *named = hosts_reach(known, "localhost", "127.0.0.1");
	g_autofree char *address = hosts_reach(known, "127.0.0.2", "127.0.0.1");

	g_assert_null(named);
	g_assert_cmpstr(address, ==, "127.0.0.2");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/hosts/address", test_address);
	g_test_add_func("/hosts/name", test_name);
	g_test_add_func("/hosts/any", test_any);
	g_test_add_func("/hosts/no-file", test_no_file);
	return g_test_run();
}
