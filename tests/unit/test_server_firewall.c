/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Whom the default rules let in: the clients that exports(5) names, and the rules for nft(8). */

#include "keeper/firewall_rules.h"

#include <string.h>

#define DIR "/srv/nfs "

static const struct {
	const char *exports, *networks, *any;
} cases[] = {
	{DIR "192.0.2.0/24(rw)", "192.0.2.0/24", NULL},
	{DIR "192.0.2.7(rw) 192.0.2.8(ro,fsid=1)", "192.0.2.7/32 192.0.2.8/32", NULL},
	/* What is not of the network goes; masks; each once. */
	{DIR "192.0.2.7/24 192.0.2.0/255.255.255.0", "192.0.2.0/24", NULL},
	{DIR "10.0.0.0/255.0.0.0 192.0.2.1/0", "10.0.0.0/8 0.0.0.0/0", NULL},
	{DIR "192.0.2.9/31 192.0.2.255/25", "192.0.2.8/31 192.0.2.128/25", NULL},
	{DIR "2001:DB8:0::1(rw) 2001:db8:ffff::/33", "2001:db8::1/128 2001:db8:8000::/33", NULL},
	{DIR "192.0.2.1\n/srv/nfs/b 2001:db8::/32;/srv/nfs/c 192.0.2.2",
		"192.0.2.1/32 192.0.2.2/32 2001:db8::/32", NULL},
	{"\"/srv/nfs/a b\" 192.0.2.1(rw)", "192.0.2.1/32", NULL},
	{"/srv/nfs/a\\040b\t-rw,sec=sys\t192.0.2.1", "192.0.2.1/32", NULL},
	{DIR "192.0.2.1 # 192.0.2.2 *", "192.0.2.1/32", NULL},
	/* Everybody, or nobody knows who. */
	{DIR "*(rw)", "", "*"},
	{DIR "(rw)", "", "*"},
	{"/srv/nfs", "", "*"},
	{DIR "-ro", "", "*"},
	{DIR "# 192.0.2.1", "", "*"},
	{DIR "192.0.2.1 (rw)", "192.0.2.1/32", "*"},
	{DIR "192.0.2.1 client.example.com(rw) *.example.com", "192.0.2.1/32",
		"client.example.com"},
	{DIR "@netgroup(rw)", "", "@netgroup"},
	{DIR "192.0.2.*(rw)", "", "192.0.2.*"},
	{DIR "192.0.2.0/33", "", "192.0.2.0/33"},
	{DIR "192.0.2.0/255.0.255.0", "", "192.0.2.0/255.0.255.0"},
	{DIR "192.0.2.0/", "", "192.0.2.0/"},
	{DIR "2001:db8::/129", "", "2001:db8::/129"},
	{DIR "2001:db8::/ffff::", "", "2001:db8::/ffff::"},
	{DIR "192.0.2/24", "", "192.0.2/24"},
	{DIR "192.0.2.1 -ro", "192.0.2.1/32", "-ro"},
	{DIR "\"192.0.2.1\"", "", "\"192.0.2.1\""},
};

static void test_clients(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(export_clients) clients = export_clients_of(cases[i].exports);
		g_autofree char *networks = export_clients_to_text(clients);

		g_test_message("%s", cases[i].exports);
		g_assert_cmpstr(networks, ==, cases[i].networks);
		g_assert_cmpstr(clients->any, ==, cases[i].any);
	}
}

static char *rules_for(const char *exports)
{
	g_autoptr(server_options) options = server_options_new();
	g_autoptr(export_clients) clients = export_clients_of(exports);

	return firewall_rules(options, clients);
}

static void test_rules(void)
{
	g_autofree char *rules = rules_for(DIR "192.0.2.0/24(rw) 192.0.2.7 2001:db8::/32(rw)");

	g_assert_cmpstr(rules, ==,
		"# made by lockferry: only NFS, from 192.0.2.0/24 192.0.2.7/32 2001:db8::/32\n"
		"flush ruleset\n"
		"\n"
		"table inet lockferry {\n"
		"	set clients4 {\n"
		"		type ipv4_addr\n"
		"		flags interval\n"
		"		auto-merge\n"
		"		elements = { 192.0.2.0/24, 192.0.2.7/32 }\n"
		"	}\n"
		"\n"
		"	set clients6 {\n"
		"		type ipv6_addr\n"
		"		flags interval\n"
		"		auto-merge\n"
		"		elements = { 2001:db8::/32 }\n"
		"	}\n"
		"\n"
		"	chain input {\n"
		"		type filter hook input priority filter; policy drop;\n"
		"		iifname \"lo\" accept\n"
		"		meta l4proto { icmp, ipv6-icmp } accept\n"
		"		ip saddr @clients4 meta l4proto { tcp, udp } th dport { 111, 2049, 20048, 662, 4045 } accept\n"
		"		ip6 saddr @clients6 meta l4proto { tcp, udp } th dport { 111, 2049, 20048, 662, 4045 } accept\n"
		"		ct state established,related accept\n"
		"		ip saddr @clients4 meta l4proto tcp reject with tcp reset\n"
		"		ip6 saddr @clients6 meta l4proto tcp reject with tcp reset\n"
		"	}\n"
		"}\n");
}

static void test_everywhere(void)
{
	g_autofree char *rules = rules_for(DIR "192.0.2.1 *(rw)");

	g_assert_true(g_str_has_prefix(rules, FIREWALL_RULES_FROM
		"everywhere, because the exports name '*', which is not an address\n"));
	g_assert_null(strstr(rules, "saddr"));
	g_assert_null(strstr(rules, "set clients"));
	g_assert_nonnull(strstr(rules, "\t\tmeta l4proto { tcp, udp } th dport {"));
}

/* Whatever a client is called, it does not become a rule. */
static void test_name(void)
{
	g_autofree char *rules = rules_for(DIR "x\x01\xff\x7f}{(rw)");

	g_assert_nonnull(strstr(rules, "'x???}{'"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/server-firewall/clients", test_clients);
	g_test_add_func("/server-firewall/rules", test_rules);
	g_test_add_func("/server-firewall/everywhere", test_everywhere);
	g_test_add_func("/server-firewall/name", test_name);
	return g_test_run();
}
