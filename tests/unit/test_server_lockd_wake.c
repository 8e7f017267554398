/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/lockd_wake.h"

#include "keeper/registrations.h"

static guint16 port_with(guint32 program, const char *netid, const char *address)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new();
	struct registration other = {100003, 3, (char *)"tcp", (char *)"0.0.0.0.8.1"};
	struct registration one = {program, 4, (char *)netid, (char *)address};

	g_ptr_array_add(list, &other);
	g_ptr_array_add(list, &one);
	return lockd_wake_port(list);
}

static void test_port(void)
{
	g_assert_cmpuint(port_with(100021, "tcp", "0.0.0.0.156.64"), ==, 40000);
	g_assert_cmpuint(port_with(100021, "tcp", "0.0.0.0.0.111"), ==, 111);
}

static void test_no_port(void)
{
	g_assert_cmpuint(lockd_wake_port(NULL), ==, 0);
	g_assert_cmpuint(port_with(100021, "udp", "0.0.0.0.156.64"), ==, 0);
	g_assert_cmpuint(port_with(100005, "tcp", "0.0.0.0.156.64"), ==, 0);
	g_assert_cmpuint(port_with(100021, "tcp", "0.0.0.0.256.64"), ==, 0);
	g_assert_cmpuint(port_with(100021, "tcp", "0.0.0.0"), ==, 0);
	g_assert_cmpuint(port_with(100021, "tcp", ""), ==, 0);
}

int main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/lockd-wake/port", test_port);
	g_test_add_func("/lockd-wake/no-port", test_no_port);
	return g_test_run();
}
