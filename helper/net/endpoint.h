/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NET_ENDPOINT_H
#define LOCKFERRY_NET_ENDPOINT_H

/*
 * One end of a connection: a numeric IPv4 or IPv6 address and a port. It is a plain value, so there
 * is nothing to free. No function here asks a name server.
 */

#include <glib.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

typedef union endpoint {
	struct sockaddr any; /* its sa_family says which of the other members is valid */
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
} endpoint;

/*
 * Parses a numeric address (IPv4 with four numbers; IPv6 with `%interface` if link-local) into
 * `to`, with port 0. An IPv4-mapped IPv6 address (::ffff:192.0.2.1) becomes the IPv4 address in it.
 * Returns false with LF_ERROR_ARGUMENT if the text is not such an address, if it is the wildcard, a
 * multicast or the broadcast address, or if it names an interface that this node does not have.
 */
bool endpoint_parse(const char *text, endpoint *to, GError **error);

/* Whether the address is not the wildcard, a multicast or the broadcast address. */
bool endpoint_is_one_host(const endpoint *self);

/* Returns the number of bytes of the union that bind() and sendto() need. */
socklen_t endpoint_size(const endpoint *self);

/* The port is in host byte order. */
void endpoint_set_port(endpoint *self, uint16_t port);
uint16_t endpoint_port(const endpoint *self);

/* Returns the numeric address, with the interface if it is link-local, and without the port. The
 * caller frees it. */
char *endpoint_to_text(const endpoint *self);

/* Whether family, address and port are the same, and the interface for link-local addresses. */
bool endpoint_equal(const endpoint *self, const endpoint *other);

/* Does the same without the port. */
bool endpoint_same_address(const endpoint *self, const endpoint *other);

/* Whether this is a link-local IPv6 address without an interface. Nothing can be sent to it
 * before endpoint_borrow_interface(). */
bool endpoint_lacks_interface(const endpoint *self);

/* Copies the interface of `other` if both addresses are link-local. */
void endpoint_borrow_interface(endpoint *self, const endpoint *other);

/*
 * Opens a non-blocking UDP socket that is bound to the address. The port is between 512 and 1023 if
 * this process may use such a port and one is free, because some clients accept no other. Otherwise
 * it is any port. The caller closes the socket. Returns -1 with LF_ERROR_FAILED, usually because
 * the address is not on this node, or because the kernel is still checking an IPv6 address for
 * duplicates.
 */
int endpoint_open_udp(const endpoint *self, GError **error);

/* Does the same for TCP. The socket is not connected. */
int endpoint_open_tcp(const endpoint *self, GError **error);

#endif
