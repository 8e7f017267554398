/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_ACCOUNT_H
#define LOCKFERRY_STORE_ACCOUNT_H

/*
 * The account: one line a client with what its sm record cannot say.
 *
 *	lockferry account 1\n
 *	FILE FIRST_RECORDED LAST_SEEN RECOVERY\n ...
 *
 * Times are seconds since the epoch. Pure: text in, changes to the clients out, and back.
 */

#include "group/client.h"

#include <glib.h>
#include <stdbool.h>

char *account_format(GPtrArray *clients);

/*
 * Apply the account to `clients` (client by file name). A line about a client that isn't among them
 * is passed over: its record is gone. Error where the text is not an account; clients are then as
 * they were, or partly filled in.
 */
bool account_apply(const char *text, gsize length, GHashTable *clients, GError **error);

#endif
