/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What each kind of link does on the way to it. */

#include "keeper/link_kind.h"

#include <string.h>

static server_options *options_of(const char *addresses)
{
	server_options *options = server_options_new();

	options->group = g_strdup("files");
	options->nic = g_strdup("eth0.100");
	options->addresses = g_strsplit(addresses, ",", -1);
	options->gateways = g_strsplit("192.0.2.1,2001:db8::1", ",", -1);
	return options;
}

/* The steps, one a line. */
static char *text_of(const GPtrArray *steps)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < steps->len; i++) {
		g_autofree char *line = g_strjoinv(" ", g_ptr_array_index(steps, i));

		g_string_append_printf(text, "%s\n", line);
	}
	return g_string_free(text, FALSE);
}

enum part { MAKE, OPEN, CLOSE, ADDRESS, ROUTE };

static void assert_steps(const char *kind_name, enum part part, const char *expected)
{
	const struct link_kind *kind = link_kind_of(kind_name);
	g_autoptr(server_options) options =
		options_of("192.0.2.10/24,2001:db8::10/64,192.0.2.11/24");
	g_autoptr(GPtrArray) steps = link_steps_new();
	g_autofree char *text = NULL;
	struct link_place place = {
		.options = options,
		.netns = (char *)"lockferry-files",
		.mac = (char *)"02:aa",
		.pair = (char *)"lf-files",
		.mtu = (char *)"9000",
	};

	switch (part) {
	case MAKE:
		kind->make(&place, steps);
		break;
	case OPEN:
		kind->open(&place, steps);
		break;
	case CLOSE:
		kind->close(&place, steps);
		break;
	case ADDRESS:
		for (guint i = 0; options->addresses[i] != NULL; i++)
			kind->address(&place, options->addresses[i], steps);
		break;
	case ROUTE:
		kind->route(&place, steps);
		break;
	}
	text = text_of(steps);
	g_assert_cmpstr(text, ==, expected);
}

#define ADDRESSES                                                                                  \
	"ip address replace 192.0.2.10/24 dev nfs0\n"                                              \
	"ip address replace 2001:db8::10/64 dev nfs0 nodad\n"                                      \
	"ip address replace 192.0.2.11/24 dev nfs0\n"
#define GATEWAYS                                                                                   \
	"ip -4 route replace default via 192.0.2.1 dev nfs0\n"                                     \
	"ip -6 route replace default via 2001:db8::1 dev nfs0\n"
#define PAIR                                                                                       \
	"ip link add name lf-files mtu 9000 type veth peer name nfs0 address 02:aa mtu 9000 netns lockferry-files\n"

static void test_steps(void)
{
	assert_steps("macvlan", MAKE,
		"ip link add link eth0.100 name nfs0 address 02:aa netns lockferry-files type macvlan mode bridge\n");
	assert_steps("macvlan", ADDRESS, ADDRESSES);
	assert_steps("macvlan", ROUTE, GATEWAYS);
	assert_steps("ipvlan", MAKE,
		"ip link add link eth0.100 name nfs0 netns lockferry-files type ipvlan mode l2\n");
	assert_steps("ipvlan", ADDRESS, ADDRESSES);
	assert_steps("ipvlan", ROUTE, GATEWAYS);
	assert_steps("bridge", MAKE,
		PAIR "ip link set dev lf-files master eth0.100\n"
		     "ip link set dev lf-files up\n");
	assert_steps("bridge", ADDRESS, ADDRESSES);
	assert_steps("bridge", ROUTE, GATEWAYS);
}

static void test_routed(void)
{
	assert_steps("routed", MAKE,
		PAIR "ip link set dev lf-files address 02:00:00:00:00:01 up\n"
		     "set /proc/sys/net/ipv4/conf/lf-files/forwarding 1\n"
		     "set /proc/sys/net/ipv6/conf/lf-files/forwarding 1\n");
	assert_steps("routed", OPEN,
		"ip -4 route replace 192.0.2.10 dev lf-files\n"
		"ip -4 neighbour replace 192.0.2.10 lladdr 02:aa nud permanent dev lf-files\n"
		"ip -4 neighbour replace proxy 192.0.2.10 dev eth0.100\n"
		"set /proc/sys/net/ipv4/neigh/eth0.100/proxy_delay 0\n"
		"ip -6 route replace 2001:db8::10 dev lf-files\n"
		"ip -6 neighbour replace 2001:db8::10 lladdr 02:aa nud permanent dev lf-files\n"
		"ip -6 neighbour replace proxy 2001:db8::10 dev eth0.100\n"
		"set /proc/sys/net/ipv6/conf/eth0.100/proxy_ndp 1\n"
		"set /proc/sys/net/ipv6/neigh/eth0.100/proxy_delay 0\n"
		"ip -4 route replace 192.0.2.11 dev lf-files\n"
		"ip -4 neighbour replace 192.0.2.11 lladdr 02:aa nud permanent dev lf-files\n"
		"ip -4 neighbour replace proxy 192.0.2.11 dev eth0.100\n"
		"set /proc/sys/net/ipv4/neigh/eth0.100/proxy_delay 0\n");
	assert_steps("routed", CLOSE,
		"ip -4 neighbour delete proxy 192.0.2.10 dev eth0.100\n"
		"ip -6 neighbour delete proxy 2001:db8::10 dev eth0.100\n"
		"ip -4 neighbour delete proxy 192.0.2.11 dev eth0.100\n");
	assert_steps("routed", ADDRESS,
		"ip address replace 192.0.2.10/32 dev nfs0\n"
		"ip address replace 2001:db8::10/128 dev nfs0 nodad\n"
		"ip address replace 192.0.2.11/32 dev nfs0\n");
	assert_steps("routed", ROUTE,
		"ip neighbour replace 169.254.1.1 lladdr 02:00:00:00:00:01 nud permanent dev nfs0\n"
		"ip -4 route replace default via 169.254.1.1 dev nfs0 onlink\n"
		"ip neighbour replace fe80::1 lladdr 02:00:00:00:00:01 nud permanent dev nfs0\n"
		"ip -6 route replace default via fe80::1 dev nfs0 onlink\n");
}

static void test_kinds(void)
{
	static const char *const names[] = {"macvlan", "ipvlan", "bridge", "routed"};

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		const struct link_kind *kind = link_kind_of(names[i]);

		g_assert_cmpstr(kind->name, ==, names[i]);
		/* Each excludes the other. */
		if (kind->excluded != NULL)
			g_assert_cmpstr(link_kind_of(kind->excluded)->excluded, ==, names[i]);
		g_assert_true(kind->asks_first != kind->announced_on_nic);
	}
	g_assert_true(link_kind_of("auto") == &link_macvlan);
	g_assert_null(link_kind_of("veth"));
	g_assert_null(link_kind_of(""));
}

static void test_pair_name(void)
{
	g_autofree char *shortest = link_pair_name("a");
	g_autofree char *fits = link_pair_name("twelve-bytes");
	g_autofree char *longer = link_pair_name("thirteen-byte");
	g_autofree char *other = link_pair_name("thirteen-bytf");

	g_assert_cmpstr(shortest, ==, "lf-a");
	g_assert_cmpstr(fits, ==, "lf-twelve-bytes");
	g_assert_cmpuint(strlen(longer), ==, 15);
	g_assert_true(g_str_has_prefix(longer, "lf-"));
	g_assert_cmpstr(longer, !=, other);
}

/* A NIC that is not there has a default, as who is asked next refuses it. */
static void test_place(void)
{
	g_autoptr(server_options) options = options_of("192.0.2.10/24");
	struct link_place place;

	link_place_of(&place, options);
	g_assert_cmpstr(place.netns, ==, "lockferry-files");
	g_assert_cmpstr(place.pair, ==, "lf-files");
	g_assert_cmpstr(place.mtu, ==, "1500");
	g_assert_null(place.nic_kind);
	link_place_clear(&place);
	g_free(options->nic);
	options->nic = g_strdup("lo");
	link_place_of(&place, options);
	g_assert_cmpstr(place.mtu, ==, "65536");
	link_place_clear(&place);
}

static void test_mac(void)
{
	g_autofree char *one = link_mac("192.0.2.10");
	g_autofree char *again = link_mac("192.0.2.10");
	g_autofree char *other = link_mac("192.0.2.11");
	g_autofree char *v6 = link_mac("2001:db8::10");
	g_autofree char *v6_again = link_mac("2001:DB8:0::10");

	g_assert_cmpuint(strlen(one), ==, strlen("02:00:00:00:00:00"));
	g_assert_true(g_str_has_prefix(one, "02:"));
	g_assert_cmpstr(one, ==, again);
	g_assert_cmpstr(one, !=, other);
	g_assert_cmpstr(v6, ==, v6_again);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/server-link/steps", test_steps);
	g_test_add_func("/server-link/routed", test_routed);
	g_test_add_func("/server-link/kinds", test_kinds);
	g_test_add_func("/server-link/pair-name", test_pair_name);
	g_test_add_func("/server-link/place", test_place);
	g_test_add_func("/server-link/mac", test_mac);
	return g_test_run();
}
