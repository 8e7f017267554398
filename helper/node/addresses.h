/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NODE_ADDRESSES_H
#define LOCKFERRY_NODE_ADDRESSES_H

/*
 * Watches whether the group's floating addresses are on this node.
 *
 * addresses_new() -> addresses_start() -> the call-back at every change -> addresses_free(). The
 * kernel says by rtnetlink (rtnetlink(7), RTM_NEWADDR and RTM_DELADDR) that some address came or
 * went, also when an IPv6 address has passed its duplicate detection; which ones are here is then
 * looked up afresh.
 */

#include <glib.h>
#include <stdbool.h>

typedef struct addresses addresses;

/* Some address of the group came or went. */
typedef void (*addresses_changed)(void *data);

/* A numeric IPv4 or IPv6 address without interface or prefix, and no IPv4 one mapped into IPv6. */
bool address_is_valid(const char *text);

/* Two spellings of one address; what is not an address is the same as nothing. */
bool address_is_same(const char *a, const char *b);

/* `list`: numeric addresses, NULL-terminated, copied. Error (not configured): one isn't an address,
 * is there twice, or none. */
addresses *addresses_new(
	const char *const *list, addresses_changed changed, void *data, GError **error);

/* For a single look: made, and looked at. */
addresses *addresses_seen(const char *const *list, GError **error);

bool addresses_start(addresses *self, GError **error);

/* As they were given, NULL-terminated, owned by `self`. */
const char *const *addresses_list(const addresses *self);

/* Whether the address of that place in the list is here and may be used. */
bool addresses_is_here(const addresses *self, guint place);
bool addresses_any_here(const addresses *self);

/* Look afresh; no call-back. addresses_start() does it too. */
void addresses_look(addresses *self);

void addresses_free(addresses *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(addresses, addresses_free)

#endif
