/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * A pair of interfaces, and a route to each of the group's addresses through it: the node is the
 * group's router. That is how an address gets to a machine in most clouds. On the NIC, the node
 * answers for the group's addresses with its own MAC address (arp(7), "proxy"). The node's own
 * firewall sees the packets, and the node reaches the group.
 *
 * A node that routes packets from the NIC is the administrator's decision. So it is asked for, and
 * only the pair's end is set. In the namespace, the next hop is a fixed address with a fixed MAC
 * address, and the node knows those of the group's addresses. So nothing is asked on the pair,
 * where the node could not ask for an IPv6 address in the first two seconds: its own one is
 * tentative.
 */

#include "base/error.h"
#include "keeper/link_kind.h"

#include <string.h>

#define SETTING "/proc/sys/net/%s/%s/%s/%s"

/* Both are link-local (RFC 3927, RFC 4291), and mean nothing beyond the pair. */
#define NEXT_HOP_4 "169.254.1.1"
#define NEXT_HOP_6 "fe80::1"

/* Of the node's end; as link_mac(), for an administrator. */
#define NEXT_HOP_MAC "02:00:00:00:00:01"

static void set(GPtrArray *steps, const char *family, const char *nic, const char *key)
{
	g_autofree char *path = g_strdup_printf(SETTING, family, "conf", nic, key);

	link_step(steps, LINK_SET, path, "1", NULL);
}

/* The NIC answers for no other address than those of such neighbours. Without the setting, it
 * answers after up to 0.8 s. */
static void answer_at_once(GPtrArray *steps, const char *family, const char *nic)
{
	g_autofree char *path = g_strdup_printf(SETTING, family, "neigh", nic, "proxy_delay");

	link_step(steps, LINK_SET, path, "0", NULL);
}

static void make(const struct link_place *place, GPtrArray *steps)
{
	link_steps_pair(place, steps);
	link_step(steps, "ip", "link", "set", "dev", place->pair, "address", NEXT_HOP_MAC, "up",
		NULL);
	set(steps, "ipv4", place->pair, "forwarding");
	set(steps, "ipv6", place->pair, "forwarding");
}

static void open_way(const struct link_place *place, GPtrArray *steps)
{
	char **addresses = place->options->addresses;
	const char *nic = place->options->nic;

	for (guint i = 0; addresses[i] != NULL; i++) {
		g_autofree char *address = server_options_address(addresses[i]);
		const char *family = link_family(address);

		/* Without a prefix length, it is the one address only. */
		link_step(
			steps, "ip", family, "route", "replace", address, "dev", place->pair, NULL);
		link_step(steps, "ip", family, "neighbour", "replace", address, "lladdr",
			place->mac, "nud", "permanent", "dev", place->pair, NULL);
		link_step(steps, "ip", family, "neighbour", "replace", "proxy", address, "dev", nic,
			NULL);
		if (g_str_equal(family, "-6"))
			set(steps, "ipv6", nic, "proxy_ndp");
		answer_at_once(steps, g_str_equal(family, "-6") ? "ipv6" : "ipv4", nic);
	}
}

/* The routes go with the pair. */
static void close_way(const struct link_place *place, GPtrArray *steps)
{
	char **addresses = place->options->addresses;

	for (guint i = 0; addresses[i] != NULL; i++) {
		g_autofree char *address = server_options_address(addresses[i]);

		link_step(steps, "ip", link_family(address), "neighbour", "delete", "proxy",
			address, "dev", place->options->nic, NULL);
	}
}

/* All clients are behind the node, also those of the address's own network. */
static void add_address(const struct link_place *place, const char *with_prefix, GPtrArray *steps)
{
	g_autofree char *address = server_options_address(with_prefix);
	g_autofree char *single =
		g_strconcat(address, strchr(address, ':') != NULL ? "/128" : "/32", NULL);

	link_steps_address(place, single, steps);
}

static void route(const struct link_place *place, GPtrArray *steps)
{
	char **addresses = place->options->addresses;
	bool has_v4 = false, has_v6 = false;

	for (guint i = 0; addresses[i] != NULL; i++) {
		bool v6 = strchr(addresses[i], ':') != NULL;
		const char *hop = v6 ? NEXT_HOP_6 : NEXT_HOP_4;

		if (v6 ? has_v6 : has_v4)
			continue;
		link_step(steps, "ip", "neighbour", "replace", hop, "lladdr", NEXT_HOP_MAC, "nud",
			"permanent", "dev", LINK_NAME, NULL);
		link_step(steps, "ip", link_family(hop), "route", "replace", "default", "via", hop,
			"dev", LINK_NAME, "onlink", NULL);
		*(v6 ? &has_v6 : &has_v4) = true;
	}
}

static bool is_set(const char *family, const char *nic, const char *key)
{
	g_autofree char *path = g_strdup_printf(SETTING, family, "conf", nic, key);
	g_autofree char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) && g_str_has_prefix(text, "1");
}

static bool refuse(const char *family, const char *nic, const char *cure, GError **error)
{
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
		"link=routed: this node does not forward %s packets from '%s': set '%s' in a file of /etc/sysctl.d, then run 'sysctl --system'",
		family, nic, cure);
	return false;
}

static bool check(const struct link_place *place, GError **error)
{
	char **addresses = place->options->addresses;
	const char *nic = place->options->nic;
	g_autofree char *cure = g_strdup_printf("net/ipv4/conf/%s/forwarding=1", nic);

	for (guint i = 0; addresses[i] != NULL; i++) {
		bool v6 = strchr(addresses[i], ':') != NULL;

		if (!v6 && !is_set("ipv4", nic, "forwarding"))
			return refuse("IPv4", nic, cure, error);
		/* Linux net/ipv6/ip6_output.c, ip6_forward(), and ndisc.c, ndisc_recv_ns(). */
		if (v6 && (!is_set("ipv6", "all", "forwarding") ||
				  !is_set("ipv6", nic, "forwarding")))
			return refuse("IPv6", nic, "net/ipv6/conf/all/forwarding=1", error);
	}
	return true;
}

const struct link_kind link_routed = {
	.name = "routed",
	.modules = {"veth"},
	.announced_on_nic = true,
	.make = make,
	.open = open_way,
	.close = close_way,
	.address = add_address,
	.route = route,
	.check = check,
};
