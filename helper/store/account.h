/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_ACCOUNT_H
#define LOCKFERRY_STORE_ACCOUNT_H

/*
 * The account has one line for each client, with the facts that its sm record cannot express.
 *
 *	lockferry account 1\n
 *	FILE FIRST_RECORDED LAST_SEEN RECOVERY\n ...
 *
 * Times are seconds since the epoch. Pure: account_format() makes the text, and account_apply()
 * applies a text to clients.
 */

#include "group/client.h"

#include <glib.h>
#include <stdbool.h>

char *account_format(GPtrArray *clients);

/*
 * Applies the account to `clients`, which maps file names to clients. A line for a client that is
 * not in `clients` is ignored, because its record is gone. Returns false with `error` if the text
 * is not an account. Then the clients are unchanged or partly filled in.
 */
bool account_apply(const char *text, gsize length, GHashTable *clients, GError **error);

#endif
