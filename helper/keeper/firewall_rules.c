/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/firewall_rules.h"

#include "base/text.h"

#include <string.h>

#define NFS_PORT 2049
#define RPCBIND_PORT 111

/* For a comment: no line of the exports becomes a rule. */
static char *who_of(const export_clients *clients)
{
	g_autofree char *any =
		clients->any != NULL ? text_printable(clients->any, strlen(clients->any)) : NULL;

	if (any == NULL)
		return export_clients_to_text(clients);
	return g_strconcat(
		"everywhere, because the exports name '", any, "', which is not an address", NULL);
}

static void add_set(GString *text, const char *name, const char *type, const GPtrArray *networks)
{
	if (networks->len == 0)
		return;
	g_string_append_printf(text,
		"	set %s {\n		type %s\n		flags interval\n		auto-merge\n		elements = { ",
		name, type);
	for (guint i = 0; i < networks->len; i++)
		g_string_append_printf(text, "%s%s", i > 0 ? ", " : "",
			(const char *)g_ptr_array_index(networks, i));
	g_string_append(text, " }\n	}\n\n");
}

static void add_accept(GString *text, const server_options *options, const char *from)
{
	g_string_append_printf(text,
		"		%smeta l4proto { tcp, udp } th dport { %d, %d, %d, %d, %d } accept\n",
		from, RPCBIND_PORT, NFS_PORT, options->mountd_port, options->statd_port,
		options->lockd_port);
}

static void add_reject(GString *text, const server_options *options G_GNUC_UNUSED, const char *from)
{
	g_string_append_printf(text, "		%smeta l4proto tcp reject with tcp reset\n", from);
}

static void add_for_clients(GString *text, const server_options *options,
	const export_clients *clients,
	void (*add)(GString *text, const server_options *options, const char *from))
{
	if (clients->any != NULL)
		add(text, options, "");
	if (clients->any == NULL && clients->v4->len > 0)
		add(text, options, "ip saddr @clients4 ");
	if (clients->any == NULL && clients->v6->len > 0)
		add(text, options, "ip6 saddr @clients6 ");
}

char *firewall_rules(const server_options *options, const export_clients *clients)
{
	g_autofree char *who = who_of(clients);
	GString *text = g_string_new(FIREWALL_RULES_FROM);

	g_string_append_printf(text, "%s\nflush ruleset\n\ntable inet lockferry {\n", who);
	if (clients->any == NULL) {
		add_set(text, "clients4", "ipv4_addr", clients->v4);
		add_set(text, "clients6", "ipv6_addr", clients->v6);
	}
	g_string_append(text, "	chain input {\n"
			      "		type filter hook input priority filter; policy drop;\n"
			      "		iifname \"lo\" accept\n"
			      "		meta l4proto { icmp, ipv6-icmp } accept\n");
	add_for_clients(text, options, clients, add_accept);
	g_string_append(text, "		ct state established,related accept\n");
	add_for_clients(text, options, clients, add_reject);
	g_string_append(text, "	}\n}\n");
	return g_string_free(text, FALSE);
}
