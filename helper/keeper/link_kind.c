/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/link_kind.h"

#include "base/fd.h"
#include "keeper/netns.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>

#define PAIR_PREFIX "lf-"

/* Linux: IFNAMSIZ - 1. */
#define NAME_MAX_BYTES 15

#define MTU_DEFAULT 1500

const struct link_kind *link_kind_of(const char *name)
{
	static const struct link_kind *const kinds[] = {
		&link_macvlan, &link_ipvlan, &link_bridge, &link_routed};

	/* As one has it that was started by a version that knew no other. */
	if (g_str_equal(name, "auto"))
		return &link_macvlan;
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (g_str_equal(kinds[i]->name, name))
			return kinds[i];
	}
	return NULL;
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

char *link_pair_name(const char *group)
{
	g_autofree char *name = g_strconcat(PAIR_PREFIX, group, NULL);
	g_autofree char *sum = NULL;

	if (strlen(name) <= NAME_MAX_BYTES)
		return g_steal_pointer(&name);
	sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, group, -1);
	return g_strdup_printf(
		PAIR_PREFIX "%.*s", (int)(NAME_MAX_BYTES - strlen(PAIR_PREFIX)), sum);
}

void link_place_of(struct link_place *self, const server_options *options)
{
	g_autofree char *address = server_options_address(options->addresses[0]);
	struct ifreq request = {0};
	autofd fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int mtu = MTU_DEFAULT;

	g_strlcpy(request.ifr_name, options->nic, sizeof(request.ifr_name));
	if (fd >= 0 && ioctl(fd, SIOCGIFMTU, &request) == 0)
		mtu = request.ifr_mtu;
	*self = (struct link_place){
		.options = options,
		.netns = netns_name(options->group),
		.mac = link_mac(address),
		.pair = link_pair_name(options->group),
		.mtu = g_strdup_printf("%d", mtu),
	};
}

void link_place_clear(struct link_place *self)
{
	g_free(self->netns);
	g_free(self->mac);
	g_free(self->pair);
	g_free(self->mtu);
}

GPtrArray *link_steps_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
}

void link_step(GPtrArray *steps, ...)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	const char *word;
	va_list words;

	va_start(words, steps);
	while ((word = va_arg(words, const char *)) != NULL)
		g_strv_builder_add(builder, word);
	va_end(words);
	g_ptr_array_add(steps, g_strv_builder_end(builder));
}

const char *link_family(const char *address)
{
	return strchr(address, ':') != NULL ? "-6" : "-4";
}

/* The other end goes with this one, and with the namespace. A bridge would take on the smallest MTU
 * of its ports. */
void link_steps_pair(const struct link_place *place, GPtrArray *steps)
{
	link_step(steps, "ip", "link", "add", "name", place->pair, "mtu", place->mtu, "type",
		"veth", "peer", "name", LINK_NAME, "address", place->mac, "mtu", place->mtu,
		"netns", place->netns, NULL);
}

/* Whoever else has the address was asked for before, so the kernel need not wait a second for it.
 */
void link_steps_address(
	const struct link_place *place G_GNUC_UNUSED, const char *address, GPtrArray *steps)
{
	const char *nodad = strchr(address, ':') != NULL ? "nodad" : NULL;

	link_step(steps, "ip", "address", "replace", address, "dev", LINK_NAME, nodad, NULL);
}

void link_steps_gateways(const struct link_place *place, GPtrArray *steps)
{
	char **gateways = place->options->gateways;

	for (guint i = 0; gateways != NULL && gateways[i] != NULL; i++)
		link_step(steps, "ip", link_family(gateways[i]), "route", "replace", "default",
			"via", gateways[i], "dev", LINK_NAME, NULL);
}
