/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NET_ADDRESS_CLAIM_H
#define LOCKFERRY_NET_ADDRESS_CLAIM_H

/*
 * Tells the neighbours on an Ethernet that we have addresses now, and asks before whether another
 * host has them (claim_packet.h). Addresses are texts in lists that end with NULL.
 */

#include <glib.h>
#include <stdbool.h>

/* A socket for announcements in the network namespace of the caller, who closes it. Returns -1 with
 * LF_ERROR_FAILED. */
int address_claim_open(GError **error);

/* Announce each address once on the interface of that name. True if the interface is not an
 * Ethernet, and so nobody needs to be told. */
bool address_claim_announce(int fd, const char *nic, char *const *addresses, GError **error);

/*
 * begin() asks for the addresses, and end() says whether nobody answered, and frees. Between both,
 * other work may be done: end() waits until 300 ms after begin(). The host that does not answer
 * then may have the address all the same: no question finds a host whose cable is out. NULL: the
 * interface is not an Ethernet, or cannot be asked on; end() is true for it.
 */
typedef struct address_question address_question;
address_question *address_question_begin(const char *nic, char *const *addresses);
bool address_question_end(address_question *self, GError **error);

#endif
