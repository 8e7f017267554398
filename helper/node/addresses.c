/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/addresses.h"

#include "base/error.h"
#include "net/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib-unix.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct address {
	int family;
	guint8 bytes[sizeof(struct in6_addr)];
	bool present;
};

struct addresses {
	char **list;
	struct address *parsed;
	guint count;
	addresses_changed changed;
	void *data;
	int netlink_fd;
	guint source;
};

static gsize address_length(int family)
{
	return family == AF_INET6 ? sizeof(struct in6_addr) : sizeof(struct in_addr);
}

static bool address_parse(const char *text, struct address *address)
{
	address->family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
	return inet_pton(address->family, text, address->bytes) == 1;
}

static bool address_equal(const struct address *a, const struct address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, address_length(a->family)) == 0;
}

bool address_is_valid(const char *text)
{
	struct address address;
	endpoint host;

	return address_parse(text, &address) && endpoint_parse(text, &host, NULL) &&
	       host.any.sa_family == address.family;
}

bool address_is_same(const char *a, const char *b)
{
	struct address one, other;

	return address_parse(a, &one) && address_parse(b, &other) && address_equal(&one, &other);
}

addresses *addresses_new(
	const char *const *list, addresses_changed changed, void *data, GError **error)
{
	g_autoptr(addresses) self = g_new0(addresses, 1);

	self->netlink_fd = -1;
	self->list = g_strdupv((char **)list);
	self->count = g_strv_length(self->list);
	self->parsed = g_new0(struct address, MAX(self->count, 1));
	self->changed = changed;
	self->data = data;
	for (guint i = 0; i < self->count; i++) {
		if (!address_parse(list[i], &self->parsed[i])) {
			g_set_error(error, LF_ERROR, LF_ERROR_NOT_CONFIGURED,
				"'%s' is not an IPv4 or IPv6 address: give the group's floating address in numbers, without a prefix length",
				list[i]);
			return NULL;
		}
		for (guint j = 0; j < i; j++) {
			if (address_equal(&self->parsed[i], &self->parsed[j])) {
				g_set_error(error, LF_ERROR, LF_ERROR_NOT_CONFIGURED,
					"the address '%s' is given twice", list[i]);
				return NULL;
			}
		}
	}
	if (self->count == 0) {
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_CONFIGURED,
			"no address is given for the group");
		return NULL;
	}
	return g_steal_pointer(&self);
}

static bool interface_address(const struct sockaddr *from, struct address *address)
{
	if (from == NULL)
		return false;
	address->family = from->sa_family;
	if (from->sa_family == AF_INET)
		memcpy(address->bytes, &((const struct sockaddr_in *)from)->sin_addr,
			sizeof(struct in_addr));
	else if (from->sa_family == AF_INET6)
		memcpy(address->bytes, &((const struct sockaddr_in6 *)from)->sin6_addr,
			sizeof(struct in6_addr));
	else
		return false;
	return true;
}

/* An IPv6 address during duplicate detection is on the interface, but a socket cannot be bound
 * to it. */
static bool address_is_usable(const struct address *address)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6};
	bool usable;
	int fd;

	if (address->family != AF_INET6 ||
		IN6_IS_ADDR_LINKLOCAL((const struct in6_addr *)address->bytes))
		return true;
	memcpy(&to.sin6_addr, address->bytes, sizeof(to.sin6_addr));
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	usable = fd >= 0 && bind(fd, (const struct sockaddr *)&to, sizeof(to)) == 0;
	if (fd >= 0)
		close(fd);
	return usable;
}

void addresses_look(addresses *self)
{
	struct ifaddrs *all = NULL;

	if (getifaddrs(&all) != 0)
		return; /* no memory: the previous result stays */
	for (guint i = 0; i < self->count; i++)
		self->parsed[i].present = false;
	for (const struct ifaddrs *entry = all; entry != NULL; entry = entry->ifa_next) {
		struct address found = {0};

		if (!interface_address(entry->ifa_addr, &found))
			continue;
		for (guint i = 0; i < self->count; i++) {
			if (address_equal(&self->parsed[i], &found))
				self->parsed[i].present = address_is_usable(&found);
		}
	}
	freeifaddrs(all);
}

/* The contents of the messages are ignored. Each one only means that the addresses must be
 * looked up again. */
static gboolean netlink_event(gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
	addresses *self = data;
	g_autofree bool *before = g_new(bool, self->count);
	bool differs = false;
	char buffer[8192];

	while (recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT) > 0 || errno == ENOBUFS)
		errno = 0;
	for (guint i = 0; i < self->count; i++)
		before[i] = self->parsed[i].present;
	addresses_look(self);
	for (guint i = 0; i < self->count; i++)
		differs = differs || before[i] != self->parsed[i].present;
	if (differs)
		self->changed(self->data);
	return G_SOURCE_CONTINUE;
}

bool addresses_start(addresses *self, GError **error)
{
	struct sockaddr_nl groups = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
	};

	self->netlink_fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (self->netlink_fd < 0 ||
		bind(self->netlink_fd, (const struct sockaddr *)&groups, sizeof(groups)) != 0) {
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot watch the node's addresses");
		return false;
	}
	self->source = g_unix_fd_add(self->netlink_fd, G_IO_IN, netlink_event, self);
	addresses_look(self);
	return true;
}

const char *const *addresses_list(const addresses *self)
{
	return (const char *const *)self->list;
}

bool addresses_is_here(const addresses *self, guint place)
{
	return self->parsed[place].present;
}

bool addresses_any_here(const addresses *self)
{
	for (guint i = 0; i < self->count; i++) {
		if (self->parsed[i].present)
			return true;
	}
	return false;
}

addresses *addresses_seen(const char *const *list, GError **error)
{
	addresses *self = addresses_new(list, NULL, NULL, error);

	if (self != NULL)
		addresses_look(self);
	return self;
}

void addresses_free(addresses *self)
{
	if (self == NULL)
		return;
	g_clear_handle_id(&self->source, g_source_remove);
	if (self->netlink_fd >= 0)
		close(self->netlink_fd);
	g_strfreev(self->list);
	g_free(self->parsed);
	g_free(self);
}
