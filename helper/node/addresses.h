/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NODE_ADDRESSES_H
#define LOCKFERRY_NODE_ADDRESSES_H

/*
 * Watches whether the group's floating addresses are on this node.
 *
 * Order of calls: addresses_new() -> addresses_start() -> `changed` is called at every change ->
 * addresses_free(). The kernel reports by rtnetlink (rtnetlink(7), RTM_NEWADDR and RTM_DELADDR)
 * that an address was added or removed, or that an IPv6 address has passed its duplicate detection.
 * Then the addresses on this node are looked up again.
 */

#include <glib.h>
#include <stdbool.h>

typedef struct addresses addresses;

/* Called when an address of the group was added or removed. */
typedef void (*addresses_changed)(void *data);

/* Whether `text` is a numeric IPv4 or IPv6 address. Interfaces, prefix lengths and IPv4-mapped
 * IPv6 addresses are not allowed. */
bool address_is_valid(const char *text);

/* Whether both texts are spellings of the same address. A text that is not an address is not the
 * same as any other. */
bool address_is_same(const char *a, const char *b);

/* `list` has numeric addresses; it is NULL-terminated and copied. The error is
 * LF_ERROR_NOT_CONFIGURED if one is not an address, if one occurs twice, or if there is none. */
addresses *addresses_new(
	const char *const *list, addresses_changed changed, void *data, GError **error);

/* For a single look: calls addresses_new() without a callback, then addresses_look(). */
addresses *addresses_seen(const char *const *list, GError **error);

bool addresses_start(addresses *self, GError **error);

/* Returns the addresses as they were given, NULL-terminated. `self` owns them. */
const char *const *addresses_list(const addresses *self);

/* Whether the address at that position in the list is on this node and usable. */
bool addresses_is_here(const addresses *self, guint place);
bool addresses_any_here(const addresses *self);

/* Looks up the addresses again, without calling `changed`. addresses_start() also does this. */
void addresses_look(addresses *self);

void addresses_free(addresses *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(addresses, addresses_free)

#endif
