/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/link.h"

#include "base/error.h"
#include "keeper/link_kind.h"
#include "keeper/tool.h"
#include "node/addresses.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#define TOOL_MS 10000
#define IP(...) tool_run((const char *const[]){"ip", __VA_ARGS__, NULL}, TOOL_MS, NULL, error)

static const struct link_kind *kind_of(const server_options *options)
{
	const struct link_kind *kind = options->link != NULL ? link_kind_of(options->link) : NULL;

	return kind != NULL ? kind : &link_macvlan;
}

/* A setting that this kernel lacks, as one without IPv6 does, is left. */
static void set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, value, strlen(value)) < 0)
		g_debug("cannot write '%s'", path);
	if (fd >= 0)
		close(fd);
}

static bool take_step(char **words, GError **error)
{
	if (!g_str_equal(words[0], LINK_SET))
		return tool_run((const char *const *)words, TOOL_MS, NULL, error);
	set(words[1], words[2]);
	return true;
}

static bool take_steps(const GPtrArray *steps, GError **error)
{
	for (guint i = 0; i < steps->len; i++) {
		if (!take_step(g_ptr_array_index(steps, i), error))
			return false;
	}
	return true;
}

bool link_exists(const char *netns)
{
	const char *const argv[] = {"ip", "-n", netns, "link", "show", "dev", LINK_NAME, NULL};

	return tool_run(argv, TOOL_MS, NULL, NULL);
}

address_question *link_ask(const server_options *options)
{
	g_auto(GStrv) list = server_options_addresses(options);

	return kind_of(options)->asks_first ? address_question_begin(options->nic, list) : NULL;
}

/* What a kind does on the node; `add` is NULL where it does nothing. */
static GPtrArray *steps_of(const server_options *options,
	void (*add)(const struct link_place *place, GPtrArray *steps))
{
	GPtrArray *steps = link_steps_new();
	struct link_place place;

	if (add == NULL)
		return steps;
	link_place_of(&place, options);
	add(&place, steps);
	link_place_clear(&place);
	return steps;
}

bool link_make(const server_options *options, GError **error)
{
	const struct link_kind *kind = kind_of(options);
	g_autoptr(GPtrArray) steps = steps_of(options, kind->make);

	if (take_steps(steps, error))
		return true;
	g_prefix_error(error, "cannot make a link of kind %s on '%s': ", kind->name, options->nic);
	return false;
}

bool link_open(const server_options *options, GError **error)
{
	g_autoptr(GPtrArray) steps = steps_of(options, kind_of(options)->open);

	return take_steps(steps, error);
}

void link_close(const server_options *options)
{
	g_autoptr(GPtrArray) steps = steps_of(options, kind_of(options)->close);

	/* What is not there any more cannot be removed. */
	for (guint i = 0; i < steps->len; i++)
		take_step(g_ptr_array_index(steps, i), NULL);
}

/* The kernel announces by itself what the link has when it goes up (net/ipv4/devinet.c,
 * inetdev_event(); net/ipv6/ndisc.c, ndisc_netdev_event()). No further address is wanted. */
static void set_up_kernel(void)
{
	set("/proc/sys/net/ipv4/conf/" LINK_NAME "/arp_notify", "1");
	set("/proc/sys/net/ipv6/conf/" LINK_NAME "/ndisc_notify", "1");
	set("/proc/sys/net/ipv6/conf/" LINK_NAME "/accept_dad", "0");
	set("/proc/sys/net/ipv6/conf/" LINK_NAME "/autoconf", "0");
}

bool link_up(const server_options *options, GError **error)
{
	const struct link_kind *kind = kind_of(options);
	g_autoptr(GPtrArray) steps = link_steps_new();
	struct link_place place;

	set_up_kernel();
	link_place_of(&place, options);
	for (guint i = 0; options->addresses[i] != NULL; i++)
		kind->address(&place, options->addresses[i], steps);
	link_step(steps, "ip", "link", "set", LINK_NAME, "up", NULL);
	kind->route(&place, steps);
	link_place_clear(&place);
	return take_steps(steps, error);
}

bool link_is_announced_on_nic(const server_options *options)
{
	return kind_of(options)->announced_on_nic;
}

bool link_announce(const server_options *options, int fd, GError **error)
{
	g_auto(GStrv) list = server_options_addresses(options);

	return address_claim_announce(
		fd, kind_of(options)->announced_on_nic ? options->nic : LINK_NAME, list, error);
}

bool link_down(GError **error)
{
	if (if_nametoindex(LINK_NAME) == 0)
		return true;
	return IP("link", "set", LINK_NAME, "down") && IP("address", "flush", "dev", LINK_NAME);
}

bool link_remove(const char *netns, GError **error)
{
	return !link_exists(netns) || IP("-n", netns, "link", "delete", "dev", LINK_NAME);
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
	g_auto(GStrv) list = server_options_addresses(options);
	g_autoptr(addresses) seen = addresses_seen((const char *const *)list, NULL);
	JsonArray *here = json_array_new();

	for (guint i = 0; seen != NULL && list[i] != NULL; i++) {
		if (addresses_is_here(seen, i))
			json_array_add_string_element(here, list[i]);
	}
	return here;
}

JsonObject *link_to_json(const server_options *options)
{
	JsonObject *link = json_object_new();

	json_object_set_string_member(link, "kind", kind_of(options)->name);
	json_object_set_string_member(link, "name", LINK_NAME);
	json_object_set_string_member(link, "nic", options->nic != NULL ? options->nic : "");
	json_object_set_boolean_member(link, "up", is_up());
	json_object_set_array_member(link, "addresses", addresses_here(options));
	return link;
}
