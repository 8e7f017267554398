/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/connections.h"

#include "scratch.h"

#include <string.h>

/* As Linux 6.1 prints it on a little-endian machine. Debian supports clusters on only one
 * big-endian machine, s390x, where the addresses of this sample are others. */
#define TCP_HEADING                                                                                \
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "      \
	"timeout inode\n"
#define TCP_REST " 00000000:00000000 00:00000000 00000000     0        0 1234 1 0 20 4 30 10 -1\n"

static const char tcp[] = TCP_HEADING
	/* nfsd's listener, and two clients of the group's address */
	"   0: 00000000:0801 00000000:0000 0A" TCP_REST
	"   1: 6400630A:0801 1500630A:0303 01" TCP_REST
	"   2: 6400630A:9C41 1600630A:03FF 01" TCP_REST
	/* another address of the node; a connection that is being closed; one that is not from a
	 * client */
	"   3: 0B00630A:0801 1500630A:0304 01" TCP_REST
	"   4: 6400630A:0801 1500630A:0305 08" TCP_REST
	"   5: 6400630A:0801 00000000:0000 01" TCP_REST
	/* closed on this side when the address left */
	"   6: 6400630A:0801 1800630A:0307 04" TCP_REST;

static const char tcp6[] =
	"  sl  local_address                         remote_address                        st\n"
	"   0: 000000FD000000000000000001000000:0801 000000FD000000000000000002000000:0303 01" TCP_REST
	/* a socket for both families */
	"   1: 0000000000000000FFFF00006400630A:0801 0000000000000000FFFF00001700630A:0306 01" TCP_REST
	/* link-local, and its interface is not known */
	"   2: 000000FD000000000000000001000000:0801 000080FE000000000000000002000000:0303 01" TCP_REST;

#define V4_LINES                                                                                   \
	"10.99.0.100 2049 10.99.0.21 771\n10.99.0.100 2049 10.99.0.24 775\n"                       \
	"10.99.0.100 40001 10.99.0.22 1023\n"
#define V6_LINES "10.99.0.100 2049 10.99.0.23 774\nfd00::1 2049 fd00::2 771\n"

static const char *const both_addresses[] = {"10.99.0.100", "fd00::1", NULL};

static GArray *stored(const char *text)
{
	g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));

	return connections_from_bytes(bytes);
}

static void assert_set(const GArray *set, const char *expected)
{
	g_autoptr(GBytes) bytes = connections_to_bytes(set);
	gsize length;
	const char *text = g_bytes_get_data(bytes, &length);

	g_assert_cmpmem(text, length, expected, strlen(expected));
	g_autoptr(GArray) again = connections_from_bytes(bytes);
	g_assert_nonnull(again);
	g_assert_cmpuint(again->len, ==, set->len);
}

static void add(GArray *set, const char *text, const char *const *addresses)
{
	connections_add(set, text, strlen(text), addresses);
}

static void test_add(void)
{
	const char *const other[] = {"10.99.0.1", NULL};
	g_autoptr(GArray) set = connections_new();

	add(set, tcp, other);
	assert_set(set, "lockferry connections 1 0\n");
	add(set, tcp, both_addresses);
	assert_set(set, "lockferry connections 1 3\n" V4_LINES);
	add(set, tcp6, both_addresses);
	assert_set(set, "lockferry connections 1 5\n"
			"10.99.0.100 2049 10.99.0.21 771\n10.99.0.100 2049 10.99.0.23 774\n"
			"10.99.0.100 2049 10.99.0.24 775\n10.99.0.100 40001 10.99.0.22 1023\n"
			"fd00::1 2049 fd00::2 771\n");
}

/* If the text is cut off anywhere, no wrong connection is found. */
static void test_cut_off(void)
{
	const guint client_ports[] = {771, 1023, 775};

	for (gsize length = 0; length < strlen(tcp); length++) {
		g_autoptr(GArray) set = connections_new();

		connections_add(set, tcp, length, both_addresses);
		for (guint i = 0; i < set->len; i++) {
			const struct connection *entry = &g_array_index(set, struct connection, i);

			g_assert_cmpuint(endpoint_port(&entry->client), ==, client_ports[i]);
		}
	}
}

/* One fault at a time, in a line that is otherwise right. */
static void test_odd(void)
{
	const char *const odd[] = {"   1: 6400630A:0801 1500630A:0303 0G x\n",
		"   1: 6400630A:801 1500630A:0303 01 x\n",
		"   1: 6400630:0801 1500630A:0303 01 x\n",
		"   1: 6400630A0801 1500630A:0303 01 x\n", "   1: 6400630A:0801 1500630A:0303\n",
		"   1: 6400630A:0801 X500630A:0303 01 x\n",
		"   1: 6400630A:0801 FFFFFFFF:0303 01 x\n",
		"   1: 6400630A:0801 1500630A:00303 01 x\n",
		"   1: 6400630A:0801 000000FD000000000000000002000000:0303 01 x\n",
		"   1: 0000000000000000FFFF00006400630A:0801 000000FD000000000000000002000000:0303 01 x\n",
		"\n", ":::\n"};

	for (gsize i = 0; i < G_N_ELEMENTS(odd); i++) {
		g_autoptr(GArray) set = connections_new();

		add(set, odd[i], both_addresses);
		g_assert_cmpuint(set->len, ==, 0);
	}
}

static void test_stored(void)
{
	g_autoptr(GArray) none = stored("lockferry connections 1 0\n");
	g_autoptr(GArray) some = stored("lockferry connections 1 5\n" V4_LINES V6_LINES);
	const char *const odd[] = {"", "\n", "lockferry connections 1\n",
		"lockferry connections 2 0\n", "lockferry connections 1 1\n",
		"lockferry connections 1 1\n" V4_LINES, "lockferry connections 1 4\n" V4_LINES,
		"lockferry connections 1 1\n10.99.0.100 2049 10.99.0.21\n",
		"lockferry connections 1 1\n10.99.0.100 2049 10.99.0.21 0\n",
		"lockferry connections 1 1\n10.99.0.100 2049 10.99.0.21 65536\n",
		"lockferry connections 1 1\n10.99.0.100 2049 fd00::2 771\n",
		"lockferry connections 1 1\n10.99.0.100 2049 client1 771\n",
		"lockferry connections 1 1\n10.99.0.100 2049 224.0.0.1 771\n"};

	g_assert_cmpuint(none->len, ==, 0);
	g_assert_cmpuint(some->len, ==, 5);
	for (gsize i = 0; i < G_N_ELEMENTS(odd); i++)
		g_assert_null(stored(odd[i]));
}

/* Connections that were recorded and still exist are listed once. */
static void test_same_twice(void)
{
	g_autoptr(GArray) set =
		stored("lockferry connections 1 2\n10.99.0.100 2049 10.99.0.21 771\n"
		       "10.99.0.100 2049 10.99.0.21 771\n");
	g_autoptr(GBytes) bytes = connections_to_bytes(set);
	g_autoptr(GArray) again = connections_from_bytes(bytes);

	g_assert_cmpuint(again->len, ==, 1);
}

/* A node without IPv6 has only one list. If the other list is missing, nothing is known. */
static void test_now(void)
{
	g_autoptr(scratch) dir = scratch_new();
	g_autoptr(GArray) unknown = connections_now(&dir->kernel, both_addresses);

	g_assert_null(unknown);
	scratch_write(dir, "proc/net/tcp", tcp);
	g_autoptr(GArray) one_list = connections_now(&dir->kernel, both_addresses);
	assert_set(one_list, "lockferry connections 1 3\n" V4_LINES);
	scratch_write(dir, "proc/net/tcp6", tcp6);
	g_autoptr(GArray) both = connections_now(&dir->kernel, both_addresses);
	g_assert_cmpuint(both->len, ==, 5);
}

int main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/connections/stored", test_stored);
	g_test_add_func("/connections/odd", test_odd);
	g_test_add_func("/connections/same-twice", test_same_twice);
	if (G_BYTE_ORDER == G_LITTLE_ENDIAN) {
		g_test_add_func("/connections/add", test_add);
		g_test_add_func("/connections/cut-off", test_cut_off);
		g_test_add_func("/connections/now", test_now);
	}
	return g_test_run();
}
