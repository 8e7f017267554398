/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/nfs4_clients.h"

#include "scratch.h"

#include <string.h>

#define INFO_6_1                                                                                   \
	"clientid: 0x6a8ff1f65f3b0c5d\naddress: \"192.0.2.21:771\"\nstatus: confirmed\n"           \
	"seconds from last renew: 12\nname: \"Linux NFSv4.1 client1\"\nminor version: 1\n"         \
	"Implementation domain: \"kernel.org\"\nImplementation time: [0, 0]\n"                     \
	"callback state: UP\ncallback address: 192.0.2.21:0\n"

static struct nfs4_client *parse(const char *text)
{
	return nfs4_client_parse(text, strlen(text));
}

static void test_parse(void)
{
	struct nfs4_client *client = parse(INFO_6_1);

	g_assert_cmpstr(client->address, ==, "192.0.2.21:771");
	g_assert_cmpstr(client->name, ==, "Linux NFSv4.1 client1");
	g_assert_cmpstr(client->status, ==, "confirmed");
	g_assert_cmpuint(client->minor_version, ==, 1);
	g_assert_cmpint(client->renewed_s, ==, 12);
	nfs4_client_free(client);
}

/* Its first version, and a client that calls itself what would break a line. */
static void test_parse_less(void)
{
	struct nfs4_client *client = parse("clientid: 0x1\naddress: \"[fd00::21]:771\"\n"
					   "name: \"a\\012b: \\042\x01\"\nminor version: 0\n");

	g_assert_cmpstr(client->address, ==, "[fd00::21]:771");
	g_assert_cmpstr(client->name, ==, "a\\012b: \\042?");
	g_assert_cmpstr(client->status, ==, "");
	g_assert_cmpint(client->renewed_s, ==, -1);
	nfs4_client_free(client);
	g_assert_null(parse(""));
	g_assert_null(parse("address: \"192.0.2.21:771\"\n"));
}

static void test_now(void)
{
	g_autoptr(scratch) node = scratch_new();
	g_autoptr(GPtrArray) clients = NULL;
	guint count = 7;

	g_assert_null(nfs4_clients_now(&node->kernel, &count));
	g_assert_cmpuint(count, ==, 0);
	scratch_write(node, "nfsd/clients/5/info", INFO_6_1);
	scratch_write(node, "nfsd/clients/6/info", "clientid: 0x2\nminor version: 2\n");
	/* It goes while we look. */
	scratch_mkdir(node, "nfsd/clients/7");
	clients = nfs4_clients_now(&node->kernel, &count);
	g_assert_cmpuint(clients->len, ==, 2);
	g_assert_cmpuint(count, ==, 2);
}

static void test_many(void)
{
	g_autoptr(scratch) node = scratch_new();
	g_autoptr(GPtrArray) clients = NULL;
	guint count;

	for (guint i = 0; i < NFS4_CLIENTS_READ_MAX + 5; i++) {
		g_autofree char *name = g_strdup_printf("nfsd/clients/%u/info", i);

		scratch_write(node, name, "clientid: 0x2\n");
	}
	clients = nfs4_clients_now(&node->kernel, &count);
	g_assert_cmpuint(clients->len, ==, NFS4_CLIENTS_READ_MAX);
	g_assert_cmpuint(count, ==, NFS4_CLIENTS_READ_MAX + 5);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/nfs4_clients/parse", test_parse);
	g_test_add_func("/nfs4_clients/parse-less", test_parse_less);
	g_test_add_func("/nfs4_clients/now", test_now);
	g_test_add_func("/nfs4_clients/many", test_many);
	return g_test_run();
}
