/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/link.h"

#include "base/error.h"
#include "keeper/tool.h"
#include "node/addresses.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#define TOOL_MS 10000
#define IP(...) tool_run((const char *const[]){"ip", __VA_ARGS__, NULL}, TOOL_MS, NULL, error)

/* The member of the first object of what `ip -json` prints; the caller frees it. */
static char *member_of_first(const char *json, const char *member)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonNode *root;
	JsonArray *array;
	JsonObject *first;

	if (!json_parser_load_from_data(parser, json, -1, NULL) ||
		(root = json_parser_get_root(parser)) == NULL || !JSON_NODE_HOLDS_ARRAY(root))
		return NULL;
	array = json_node_get_array(root);
	if (json_array_get_length(array) == 0 ||
		!JSON_NODE_HOLDS_OBJECT(json_array_get_element(array, 0)))
		return NULL;
	first = json_array_get_object_element(array, 0);
	return g_strdup(json_object_get_string_member_with_default(first, member, NULL));
}

/* By the route to the address: it must lead into a network of the node, not through a router. */
static char *nic_by_route(const char *address, GError **error)
{
	const char *const argv[] = {"ip", "-json", "route", "get", address, NULL};
	g_autofree char *json = NULL;
	g_autofree char *type = NULL;
	g_autofree char *gateway = NULL;
	g_autofree char *nic = NULL;

	if (tool_run(argv, TOOL_MS, &json, NULL)) {
		type = member_of_first(json, "type");
		gateway = member_of_first(json, "gateway");
		nic = member_of_first(json, "dev");
	}
	if (g_strcmp0(type, "local") == 0) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"the address '%s' is on this node already: remove it, and any resource that sets it (IPaddr2)",
			address);
		return NULL;
	}
	if (nic != NULL && gateway == NULL)
		return g_steal_pointer(&nic);
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
		"no network interface of this node is in the network of '%s': name it with the parameter 'nic'",
		address);
	return NULL;
}

char *link_find_nic(const server_options *options, GError **error)
{
	g_autofree char *address = server_options_address(options->addresses[0]);

	if (options->nic == NULL)
		return nic_by_route(address, error);
	if (if_nametoindex(options->nic) != 0)
		return g_strdup(options->nic);
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
		"there is no network interface '%s' on this node: correct the parameter 'nic'",
		options->nic);
	return NULL;
}

bool link_exists(const char *netns)
{
	const char *const argv[] = {"ip", "-n", netns, "link", "show", "dev", LINK_NAME, NULL};

	return tool_run(argv, TOOL_MS, NULL, NULL);
}

/* Of the bits that IEEE 802 leaves to an administrator (the second lowest one of the first byte),
 * and for one station. */
char *link_mac(const char *address)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	guint8 bytes[32];
	gsize length = sizeof(bytes);
	struct in6_addr v6;

	/* However it is written. */
	if (inet_pton(AF_INET6, address, &v6) == 1)
		g_checksum_update(sum, (const guint8 *)&v6, sizeof(v6));
	else
		g_checksum_update(sum, (const guint8 *)address, -1);
	g_checksum_get_digest(sum, bytes, &length);
	return g_strdup_printf(
		"02:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2], bytes[3], bytes[4]);
}

static char *mac_of(const server_options *options)
{
	g_autofree char *address = server_options_address(options->addresses[0]);

	return link_mac(address);
}

bool link_make(const server_options *options, const char *nic, const char *netns, GError **error)
{
	g_autofree char *mac = mac_of(options);

	if (IP("link", "add", "link", nic, "name", LINK_NAME, "address", mac, "netns", netns,
		    "type", "macvlan", "mode", "bridge"))
		return true;
	g_prefix_error(error, "cannot make a macvlan on '%s': ", nic);
	return false;
}

/* A setting that this kernel lacks, as one without IPv6 does, is left. */
static void set(const char *family, const char *key, const char *value)
{
	g_autofree char *path =
		g_strdup_printf("/proc/sys/net/%s/conf/" LINK_NAME "/%s", family, key);
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, value, strlen(value)) < 0)
		g_debug("cannot write '%s'", path);
	if (fd >= 0)
		close(fd);
}

/* The kernel announces by itself (net/ipv4/devinet.c, inetdev_event(); net/ipv6/ndisc.c,
 * ndisc_netdev_event()). Nobody else may have the group's addresses, so duplicates are not looked
 * for, which would take a second; and no further address is wanted. */
static void set_up_kernel(void)
{
	set("ipv4", "arp_notify", "1");
	set("ipv6", "ndisc_notify", "1");
	set("ipv6", "accept_dad", "0");
	set("ipv6", "autoconf", "0");
}

static bool add_address(const char *address, GError **error)
{
	if (strchr(address, ':') != NULL)
		return IP("address", "replace", address, "dev", LINK_NAME, "nodad");
	return IP("address", "replace", address, "dev", LINK_NAME);
}

bool link_up(const server_options *options, GError **error)
{
	set_up_kernel();
	for (guint i = 0; options->addresses[i] != NULL; i++) {
		if (!add_address(options->addresses[i], error))
			return false;
	}
	if (!IP("link", "set", LINK_NAME, "up"))
		return false;
	for (guint i = 0; options->gateways != NULL && options->gateways[i] != NULL; i++) {
		const char *family = strchr(options->gateways[i], ':') != NULL ? "-6" : "-4";

		if (!IP(family, "route", "replace", "default", "via", options->gateways[i], "dev",
			    LINK_NAME))
			return false;
	}
	return true;
}

/* A link that gets its address once more announces (NETDEV_CHANGEADDR in the functions above). */
bool link_announce(const server_options *options, GError **error)
{
	g_autofree char *mac = mac_of(options);

	return IP("link", "set", LINK_NAME, "address", mac);
}

bool link_down(GError **error)
{
	if (if_nametoindex(LINK_NAME) == 0)
		return true;
	return IP("link", "set", LINK_NAME, "down") && IP("address", "flush", "dev", LINK_NAME);
}

static bool is_up(void)
{
	struct ifaddrs *list = NULL;
	bool up = false;

	if (getifaddrs(&list) != 0)
		return false;
	for (const struct ifaddrs *at = list; at != NULL && !up; at = at->ifa_next)
		up = g_str_equal(at->ifa_name, LINK_NAME) &&
		     (at->ifa_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
	freeifaddrs(list);
	return up;
}

/* Those of the group's addresses that are in the namespace. */
static JsonArray *addresses_here(const server_options *options)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_auto(GStrv) list = NULL;
	g_autoptr(addresses) seen = NULL;
	JsonArray *here = json_array_new();

	for (guint i = 0; options->addresses[i] != NULL; i++) {
		g_autofree char *address = server_options_address(options->addresses[i]);

		g_strv_builder_add(builder, address);
	}
	list = g_strv_builder_end(builder);
	seen = addresses_seen((const char *const *)list, NULL);
	for (guint i = 0; seen != NULL && list[i] != NULL; i++) {
		if (addresses_is_here(seen, i))
			json_array_add_string_element(here, list[i]);
	}
	return here;
}

JsonObject *link_to_json(const server_options *options)
{
	JsonObject *link = json_object_new();

	json_object_set_string_member(link, "kind", "macvlan");
	json_object_set_string_member(link, "name", LINK_NAME);
	json_object_set_string_member(link, "nic", options->nic != NULL ? options->nic : "");
	json_object_set_boolean_member(link, "up", is_up());
	json_object_set_array_member(link, "addresses", addresses_here(options));
	return link;
}
