/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NET_CONNECTIONS_H
#define LOCKFERRY_NET_CONNECTIONS_H

/*
 * The TCP connections between clients and the addresses of a group, as the kernel lists them and as
 * the store keeps them. The adoptive node needs them to have the clients renew them (net/tickle.h).
 * A set is an array of struct connection, which the caller unrefs. Pure, except connections_now().
 *
 * Order of calls: connections_now(), or connections_new() -> connections_add() for each list; then
 * connections_to_bytes() -> connections_from_bytes().
 */

#include "kernel/kernel.h"
#include "net/endpoint.h"

#include <glib.h>

struct connection {
	endpoint server; /* the group's address and its port */
	endpoint client;
};

GArray *connections_new(void);

/*
 * Adds connections from `text`, the contents of /proc/net/tcp or /proc/net/tcp6, that are open to a
 * client at one of the addresses (numeric, NULL-terminated). Open means established, or shut down
 * here without the client's knowledge, as Linux does with connections to an address that is
 * removed. Connections with a link-local client are skipped, because the list does not show the
 * interface. Lines of an unknown form are skipped.
 *
 * Source: Linux net/ipv4/tcp_ipv4.c (get_tcp4_sock()) and net/ipv6/tcp_ipv6.c (get_tcp6_sock()). An
 * address is printed as its words in memory order, each as a number of this machine.
 */
void connections_add(GArray *self, const char *text, gsize length, const char *const *addresses);

/* Returns this node's connections at those addresses, or NULL if the kernel's list cannot be
 * read. */
GArray *connections_now(const struct kernel *kernel, const char *const *addresses);

/* Converts a set to the form in the store, which is sorted and without duplicates, and back.
 * connections_from_bytes() returns NULL if the bytes are not a set, or are incomplete. */
GBytes *connections_to_bytes(const GArray *self);
GArray *connections_from_bytes(GBytes *bytes);

#endif
