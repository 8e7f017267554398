/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_ANSWERS_H
#define LOCKFERRY_STORE_ANSWERS_H

/*
 * The addresses of the group at which each client answered in a recovery, and whether it asked for
 * a lock. If this process is killed, the process that continues the recovery needs this. It is a
 * text of its own, because an earlier version rejects an account with an extra word as damaged.
 *
 *	lockferry answers 1 STATE_NUMBER COUNT\n
 *	RECORD ADDRESSES ASKED\n ...
 *
 * RECORD is the client_key(). ADDRESSES has the form of group/address_bits.h. ASKED is `reclaimed`
 * or `-`; `late` or `reclaimed,late` if the client answered too late to reclaim for certain.
 * STATE_NUMBER is the number that clients were told in that recovery. For any other number, the
 * text has no meaning. Pure.
 */

#include "group/client.h"

#include <glib.h>

/* Returns the text for those of `clients` that answered or asked, in their order. Returns NULL
 * if there are none. */
GBytes *answers_format(gint32 state_number, GPtrArray *clients);

/*
 * Adds the facts in the text to `clients`. It does not change how far their recovery is. It ignores
 * the whole text if its form is different, if it does not have COUNT records, or if its number
 * differs from `state_number`.
 */
void answers_apply(GBytes *text, gint32 state_number, GPtrArray *clients);

#endif
