/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/endpoint.h"

#include "base/error.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

/* Ports below 512 belong to well-known services. */
#define RESERVED_PORT_MIN 512
#define RESERVED_PORT_MAX 1023

static bool is_link_local(const endpoint *self)
{
	return self->any.sa_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&self->v6.sin6_addr);
}

/* getaddrinfo() accepts interfaces; inet_pton() does not. */
static bool parse_v6(const char *text, endpoint *to)
{
	const struct addrinfo hints = {
		.ai_family = AF_INET6,
		.ai_socktype = SOCK_DGRAM,
		.ai_flags = AI_NUMERICHOST,
	};
	struct addrinfo *found;

	if (getaddrinfo(text, NULL, &hints, &found) != 0)
		return false;
	memcpy(&to->v6, found->ai_addr, sizeof(to->v6));
	freeaddrinfo(found);
	return true;
}

/* A record can contain any address. Packets to these addresses would reach nobody, or a whole
 * network. */
bool endpoint_is_one_host(const endpoint *self)
{
	if (self->any.sa_family == AF_INET6)
		return !IN6_IS_ADDR_UNSPECIFIED(&self->v6.sin6_addr) &&
		       !IN6_IS_ADDR_MULTICAST(&self->v6.sin6_addr);

	in_addr_t host = ntohl(self->v4.sin_addr.s_addr);
	return host != INADDR_ANY && host != INADDR_BROADCAST && !IN_MULTICAST(host);
}

/* A socket for both families shows an IPv4 host in this form, and NFS-Ganesha writes it. */
static void unmap_v4(endpoint *self)
{
	struct in_addr host;

	if (self->any.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&self->v6.sin6_addr))
		return;
	memcpy(&host, &self->v6.sin6_addr.s6_addr[12], sizeof(host));
	memset(self, 0, sizeof(*self));
	self->v4.sin_family = AF_INET;
	self->v4.sin_addr = host;
}

bool endpoint_parse(const char *text, endpoint *to, GError **error)
{
	memset(to, 0, sizeof(*to));
	/* getaddrinfo() is not used for IPv4, because it accepts "1" as 0.0.0.1. */
	if (inet_pton(AF_INET, text, &to->v4.sin_addr) == 1) {
		to->v4.sin_family = AF_INET;
	} else if (!strchr(text, ':') || !parse_v6(text, to)) {
		g_autofree char *shown = g_strescape(text, NULL);

		g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
			"'%.300s' is not a numeric address, or names an interface that is not on this node",
			shown);
		return false;
	}
	unmap_v4(to);
	if (!endpoint_is_one_host(to)) {
		g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
			"'%s' is not the address of one host", text);
		return false;
	}
	return true;
}

socklen_t endpoint_size(const endpoint *self)
{
	return self->any.sa_family == AF_INET6 ? sizeof(self->v6) : sizeof(self->v4);
}

void endpoint_set_port(endpoint *self, uint16_t port)
{
	if (self->any.sa_family == AF_INET6)
		self->v6.sin6_port = htons(port);
	else
		self->v4.sin_port = htons(port);
}

uint16_t endpoint_port(const endpoint *self)
{
	return ntohs(self->any.sa_family == AF_INET6 ? self->v6.sin6_port : self->v4.sin_port);
}

char *endpoint_to_text(const endpoint *self)
{
	char text[NI_MAXHOST] = "";

	getnameinfo(&self->any, endpoint_size(self), text, sizeof(text), NULL, 0, NI_NUMERICHOST);
	return g_strdup(text);
}

bool endpoint_equal(const endpoint *self, const endpoint *other)
{
	return endpoint_same_address(self, other) && endpoint_port(self) == endpoint_port(other);
}

bool endpoint_same_address(const endpoint *self, const endpoint *other)
{
	if (self->any.sa_family != other->any.sa_family)
		return false;
	if (self->any.sa_family != AF_INET6)
		return self->v4.sin_addr.s_addr == other->v4.sin_addr.s_addr;
	return IN6_ARE_ADDR_EQUAL(&self->v6.sin6_addr, &other->v6.sin6_addr) &&
	       (!is_link_local(self) || self->v6.sin6_scope_id == other->v6.sin6_scope_id);
}

bool endpoint_lacks_interface(const endpoint *self)
{
	return is_link_local(self) && self->v6.sin6_scope_id == 0;
}

void endpoint_borrow_interface(endpoint *self, const endpoint *other)
{
	if (is_link_local(self) && is_link_local(other))
		self->v6.sin6_scope_id = other->v6.sin6_scope_id;
}

static bool bind_port(const endpoint *self, int fd, guint port)
{
	endpoint local = *self;

	endpoint_set_port(&local, (uint16_t)port);
	return bind(fd, &local.any, endpoint_size(&local)) == 0;
}

/* The network cards of many servers pass packets for these ports to their management controller
 * (ASF, IPMI). */
static bool is_snatched(guint port)
{
	return port == 623 || port == 664;
}

static bool bind_reserved(const endpoint *self, int fd)
{
	const guint count = RESERVED_PORT_MAX - RESERVED_PORT_MIN + 1;
	guint start = g_random_int() % count;

	for (guint i = 0; i < count; i++) {
		guint port = RESERVED_PORT_MIN + (start + i) % count;

		if (is_snatched(port))
			continue;
		if (bind_port(self, fd, port))
			return true;
		if (errno == EACCES || errno == EPERM)
			break;
		if (errno != EADDRINUSE)
			return false;
	}
	return bind_port(self, fd, 0);
}

static int open_bound(const endpoint *self, int type, GError **error)
{
	const int on = 1;
	int fd = socket(self->any.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot create a socket");
		return -1;
	}
	/* Without this, the port of a closed connection is blocked for a minute, and there are
	 * few reserved ports. */
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!bind_reserved(self, fd)) {
		int saved_errno = errno;
		g_autofree char *text = endpoint_to_text(self);

		close(fd);
		errno = saved_errno;
		lf_error_set_errno(error, LF_ERROR_FAILED,
			"cannot send from '%s' (check that this node has the address)", text);
		return -1;
	}
	return fd;
}

int endpoint_open_udp(const endpoint *self, GError **error)
{
	return open_bound(self, SOCK_DGRAM, error);
}

int endpoint_open_tcp(const endpoint *self, GError **error)
{
	return open_bound(self, SOCK_STREAM, error);
}
