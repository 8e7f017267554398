/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/users.h"

#include "net/connections.h"

#include <string.h>

#define GROUP_V4 "192.0.2.10"
#define GROUP_V6 "2001:db8::10"

static const char *const addresses[] = {GROUP_V4, GROUP_V6, NULL};

static void connect_from(GArray *connections, const char *server, const char *address)
{
	struct connection added;

	g_assert_true(endpoint_parse(server, &added.server, NULL));
	g_assert_true(endpoint_parse(address, &added.client, NULL));
	endpoint_set_port(&added.server, 2049);
	endpoint_set_port(&added.client, 701);
	g_array_append_val(connections, added);
}

static bool uses(GHashTable *users, const char *mon_name)
{
	static const char text[] = "192.0.2.23 client1.example.com\n";
	g_autoptr(client_list) clients = client_list_new();
	g_autoptr(hosts) known = hosts_parse(text, strlen(text));

	client_list_put(clients, client_new("file", NULL, mon_name, "node1"));
	users_mark(users, clients, known, addresses);
	return client_list_find(clients, mon_name)->uses_group;
}

/* Under any name by which statd knows the client. */
static void test_marked(void)
{
	g_autoptr(GArray) connections = connections_new();
	g_autoptr(GHashTable) users = NULL;

	connect_from(connections, GROUP_V4, "192.0.2.21");
	connect_from(connections, GROUP_V4, "192.0.2.23");
	connect_from(connections, GROUP_V6, "2001:db8::21");
	users = users_of(connections);
	g_assert_true(uses(users, "192.0.2.21"));
	g_assert_true(uses(users, "::ffff:192.0.2.21"));
	g_assert_true(uses(users, "client1.example.com"));
	g_assert_true(uses(users, "2001:DB8:0::21"));
	g_assert_false(uses(users, "192.0.2.22"));
	g_assert_false(uses(users, "2001:db8::22"));
	g_assert_false(uses(users, "client2.example.com"));
}

static void test_without_connections(void)
{
	g_autoptr(GHashTable) users = users_of(NULL);

	g_assert_false(uses(users, "192.0.2.21"));
}

/* A mark that was set for another reason stays. */
static void test_not_taken_back(void)
{
	g_autoptr(GArray) connections = connections_new();
	g_autoptr(client_list) clients = client_list_new();
	g_autoptr(hosts) known = hosts_parse("", 0);
	client *entry = client_new("file", NULL, "192.0.2.22", "node1");
	g_autoptr(GHashTable) users = NULL;

	connect_from(connections, GROUP_V4, "192.0.2.21");
	users = users_of(connections);
	entry->uses_group = true;
	client_list_put(clients, entry);
	users_mark(users, clients, known, addresses);
	g_assert_true(entry->uses_group);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/users/marked", test_marked);
	g_test_add_func("/users/without-connections", test_without_connections);
	g_test_add_func("/users/not-taken-back", test_not_taken_back);
	return g_test_run();
}
