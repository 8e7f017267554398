/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NET_CONNECTIONS_H
#define LOCKFERRY_NET_CONNECTIONS_H

/*
 * The TCP connections that clients have with the addresses of a group, as the kernel lists them and
 * as they lie in the store: what the adoptive node has to know of them to have them renewed
 * (net/tickle.h). A set of them is an array of struct connection, which the caller unrefs. Pure but
 * for connections_now().
 *
 * connections_now(), or connections_new() -> connections_add() for each list ->
 * connections_to_bytes() -> connections_from_bytes().
 */

#include "kernel/kernel.h"
#include "net/endpoint.h"

#include <glib.h>

struct connection {
	endpoint server; /* the group's address, and the port there */
	endpoint client;
};

GArray *connections_new(void);

/*
 * Add those of `text`, the contents of /proc/net/tcp or /proc/net/tcp6, that are open to a
 * client at one of the addresses (numeric, NULL-terminated): established, or shut here without the
 * client having heard of it, as Linux does with those of an address that goes. None where a
 * client's address is link-local, which is listed without its interface. Lines of no known form are
 * passed over. Source: Linux net/ipv4/tcp_ipv4.c (get_tcp4_sock()) and net/ipv6/tcp_ipv6.c
 * (get_tcp6_sock()): addresses are the words in memory order, printed as numbers of this machine.
 */
void connections_add(GArray *self, const char *text, gsize length, const char *const *addresses);

/* Of this node, at those addresses; NULL when the kernel doesn't tell. */
GArray *connections_now(const struct kernel *kernel, const char *const *addresses);

/* For the store, sorted, each once, and back: NULL where that is not a set, or not the whole of
 * one. */
GBytes *connections_to_bytes(const GArray *self);
GArray *connections_from_bytes(GBytes *bytes);

#endif
