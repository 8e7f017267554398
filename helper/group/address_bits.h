/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_GROUP_ADDRESS_BITS_H
#define LOCKFERRY_GROUP_ADDRESS_BITS_H

/*
 * Addresses of the group as bits of a set, for the sake of 100,000 clients that each have four such
 * sets. A bit means the same for the whole life of a process, as a GQuark does, and nothing in
 * another: on the disk they are texts. May be used by several threads.
 */

#include "group/client.h"

/* As many as there are bits. */
#define ADDRESS_BITS_MAX 32

/* The bit of an address, which gets one if it has none yet. 0 where all are taken: such an address
 * is told from like any other, and nothing is noted about it. */
address_set address_bit(const char *address);

/* Its text; it lives for ever. NULL for a bit that no address has. */
const char *address_bit_text(guint number);

/* The addresses of a set, comma separated; "-" for none. */
void address_set_format(address_set set, GString *to);

/* The same read again; false where it is of another form. */
bool address_set_parse(const char *text, address_set *set);

#endif
