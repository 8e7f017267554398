/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_GROUP_ADDRESS_BITS_H
#define LOCKFERRY_GROUP_ADDRESS_BITS_H

/*
 * Addresses of the group as bits of a set. This saves memory: there may be 100,000 clients, and
 * each has four such sets. A bit has the same meaning for the whole life of a process, like a
 * GQuark. It has no meaning in another process, so the disk has the addresses as texts. Several
 * threads may call these functions.
 */

#include "group/client.h"

/* The number of bits. */
#define ADDRESS_BITS_MAX 32

/* Returns the bit of an address, and assigns one if it has none. Returns 0 if all bits are in
 * use. Clients are still notified from such an address, but nothing is noted about it. */
address_set address_bit(const char *address);

/* Returns the text of a bit's address, which is never freed. Returns NULL if no address has that
 * bit. */
const char *address_bit_text(guint number);

/* Appends the addresses of a set, separated by commas, or "-" for an empty set. */
void address_set_format(address_set set, GString *to);

/* Parses that form. Returns false if the text has another form. */
bool address_set_parse(const char *text, address_set *set);

#endif
