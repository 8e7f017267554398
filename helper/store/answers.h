/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_ANSWERS_H
#define LOCKFERRY_STORE_ANSWERS_H

/*
 * At which of the group's addresses each client answered in a recovery, and whether it asked for a
 * lock: for the process that takes the recovery up should this one be killed. A text of its own, as
 * an earlier version takes an account with one more word for damaged.
 *
 *	lockferry answers 1 STATE_NUMBER COUNT\n
 *	RECORD ADDRESSES ASKED\n ...
 *
 * A record by its client_key(); addresses as in group/address_bits.h; ASKED is `reclaimed` or `-`.
 * STATE_NUMBER is what the clients were told in that recovery: under another one the text says
 * nothing. Pure.
 */

#include "group/client.h"

#include <glib.h>

/* Those of `clients` that answered or asked, in their order; NULL where there is none. */
GBytes *answers_format(gint32 state_number, GPtrArray *clients);

/* Add to the facts about `clients` what it says of them; how far their recovery is stays as it is.
 * A text of another form, not of COUNT records or of another number than this one says nothing. */
void answers_apply(GBytes *text, gint32 state_number, GPtrArray *clients);

#endif
