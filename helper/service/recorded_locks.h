/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_RECORDED_LOCKS_H
#define LOCKFERRY_SERVICE_RECORDED_LOCKS_H

/*
 * The locks that the last owner of a group recorded while it served it. After a crash these are the
 * newest known ones. They only serve to show what is missing afterwards, so a failure is a warning
 * (char *, added to `warnings`) and does not prevent the takeover. Both block on the disk.
 */

#include "kernel/lock_set.h"
#include "store/store.h"

/*
 * Notes them as those that clients must reclaim; the set never counts as exact. `*locks` gets them,
 * and NULL if there are none; the caller frees it. False: they could not be read or noted, and must
 * stay where they are.
 */
bool recorded_locks_use(store *in, guint64 epoch, lock_set **locks, GPtrArray *warnings);

/* Empties the set, so that the next node does not take it for ours before we have recorded our own.
 */
void recorded_locks_retire(store *in, guint64 epoch, GPtrArray *warnings);

#endif
