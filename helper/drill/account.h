/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_DRILL_ACCOUNT_H
#define LOCKFERRY_DRILL_ACCOUNT_H

/* The report of a drill, for whoever audits it. Pure, but for the names of this node and user. */

#include "drill/drill.h"

/*
 * The result of a drill that ended with `error` (NULL: it came to its end). `locks` is what
 * `lockferry verify` would tell (NULL: nobody could tell), and is handed over. The caller unrefs
 * it. Its member "verdict" is "passed" only if every lock and every client is accounted for;
 * "unclear" if nothing is wrong but that locks are missing of a set that is not exact, or that no
 * lock was noted, or not all of them were; else "failed".
 */
JsonObject *account_make(const struct drill *self, JsonObject *locks, const GError *error);

bool account_is_passed(JsonObject *account);

#endif
