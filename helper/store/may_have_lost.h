/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_MAY_HAVE_LOST_H
#define LOCKFERRY_STORE_MAY_HAVE_LOST_H

/*
 * Some clients that the account calls lost may have lost nothing: they did not answer, but they are
 * not known to use the group (RECOVERY_MAY_HAVE_LOST). This text names them. It is a text of its
 * own, because an earlier version rejects an account with an unknown word as damaged.
 *
 * The account has one word for a file. If several clients share a file, and one of them is lost,
 *the account calls the file lost. The progress of the others is here.
 *
 *	lockferry may_have_lost 1 EPOCH COUNT\n
 *	RECORD\n ...
 *	/RECOVERY RECORD\n ...
 *
 * The lines are sorted. RECORD is the client_key(). EPOCH is the epoch of the recovery in which
 * these clients did not answer. An earlier version does not change the text, even if its own
 * recovery calls other clients lost. Pure.
 */

#include "group/client.h"

#include <glib.h>

/* Those of `clients` that are so far; NULL where there is none. The clients of one file must be
 * next to each other, here and in may_have_lost_apply(). */
GBytes *may_have_lost_format(guint64 epoch, GPtrArray *clients);

/*
 * Gives those of `clients` that are lost and named in the text the recovery that is written there.
 * A line with another recovery than RECOVERY_MAY_HAVE_LOST counts only for a client that shares its
 * file. It ignores the text if it has another form, does not have COUNT lines, or belongs to
 * another epoch.
 */
void may_have_lost_apply(GBytes *text, guint64 epoch, GPtrArray *clients);

#endif
