/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_MAY_HAVE_LOST_H
#define LOCKFERRY_STORE_MAY_HAVE_LOST_H

/*
 * Of the clients that the account calls lost, those that may have lost nothing: they did not
 * answer, but are not known to use the group (RECOVERY_MAY_HAVE_LOST). A text of its own, as an
 * earlier version takes an account with a word that it does not know for damaged.
 *
 *	lockferry may_have_lost 1 EPOCH COUNT\n
 *	RECORD\n ...
 *
 * Sorted; a record by its client_key(). EPOCH is that of the recovery in which they did not answer:
 * an earlier version leaves the text as it is, also when its own recovery calls other clients lost.
 * Pure.
 */

#include "group/client.h"

#include <glib.h>

/* Those of `clients` that are so far; NULL where there is none. */
GBytes *may_have_lost_format(guint64 epoch, GPtrArray *clients);

/* Whoever of `clients` is lost and named in it is so far. A text of another form, not of COUNT
 * lines or of another epoch than this one names nobody. */
void may_have_lost_apply(GBytes *text, guint64 epoch, GPtrArray *clients);

#endif
