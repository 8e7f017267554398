/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_DRILL_VERDICT_H
#define LOCKFERRY_DRILL_VERDICT_H

/* The report of a drill, for an auditor. Pure, except for the names of this node and user. */

#include "drill/drill.h"

/*
 * The result of a drill that ended with `error` (NULL: it was completed). Takes ownership of
 * `locks`, the result of `lockferry verify` (NULL: the locks were not verified). The caller unrefs
 * the result.
 *
 * Its member "verdict" is "passed" only if every lock and every client is accounted for. It is
 * "unclear" if the only problem is that locks of an inexact set are missing, or that no lock was
 * noted, or not all were. Otherwise it is "failed".
 */
JsonObject *verdict_make(const struct drill *self, JsonObject *locks, const GError *error);

bool verdict_is_passed(JsonObject *result);

#endif
