/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NET_ENDPOINT_H
#define LOCKFERRY_NET_ENDPOINT_H

/*
 * One end of a conversation: a numeric IPv4 or IPv6 address and a port. A plain value, nothing
 * to free. No function here asks a name server.
 */

#include <glib.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

typedef union endpoint {
	struct sockaddr any; /* its sa_family tells which of the others holds */
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
} endpoint;

/*
 * Read a numeric address (IPv4 dotted in full; IPv6 with `%interface` where link-local) into `to`,
 * port 0. An IPv4-mapped IPv6 address (::ffff:192.0.2.1) is read as the IPv4 address in it. False
 * with `error` (argument) when it isn't one, is the wildcard, a multicast or the
 * broadcast address, or names an interface that this node doesn't have.
 */
bool endpoint_parse(const char *text, endpoint *to, GError **error);

/* Not the wildcard, a multicast or the broadcast address. */
bool endpoint_is_one_host(const endpoint *self);

/* How many bytes of the union bind() and sendto() need. */
socklen_t endpoint_size(const endpoint *self);

/* Of this machine's byte order. */
void endpoint_set_port(endpoint *self, uint16_t port);
uint16_t endpoint_port(const endpoint *self);

/* Its address in numbers, with the interface where link-local, without the port. The caller frees
 * it. */
char *endpoint_to_text(const endpoint *self);

/* Same family, address and port; for link-local addresses the same interface, too. */
bool endpoint_equal(const endpoint *self, const endpoint *other);

/* The same but for the port. */
bool endpoint_same_address(const endpoint *self, const endpoint *other);

/* A link-local IPv6 address without an interface: nothing can be sent there before
 * endpoint_borrow_interface(). */
bool endpoint_lacks_interface(const endpoint *self);

/* Take the interface of `other`, if that is a link-local address itself. */
void endpoint_borrow_interface(endpoint *self, const endpoint *other);

/*
 * A non-blocking UDP socket bound to the address, with a port from 512 to 1023 (some clients listen
 * to no other) if this process may have one and one is free, else any. The caller closes it. -1
 * with `error` (failed) on failure, above all where the address is not on this node, or an IPv6 one
 * is still being probed for duplicates.
 */
int endpoint_open_udp(const endpoint *self, GError **error);

/* The same for TCP, not connected. */
int endpoint_open_tcp(const endpoint *self, GError **error);

#endif
