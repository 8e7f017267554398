/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_VERIFY_LOCK_PROOF_H
#define LOCKFERRY_VERIFY_LOCK_PROOF_H

/* Whether the locks of a group that this node had are still held here, by the same lock manager.
 * What is not proven counts as lost. Blocks; runs on the worker thread. */

#include "group/options.h"
#include "group/state.h"
#include "kernel/lock_set.h"
#include "store/store.h"

/*
 * Whether a start on the node that has the group may assume that its locks are still held. `found`
 * is the state in the store. It is true in these cases:
 * - Nothing can have dropped the locks, because the address is here and only the process died, or
 *   because no locks were expected yet.
 * - The group was frozen, its lock set is exact, and all of it is held.
 * - The group was not frozen, and all locks that were recorded last are held.
 *
 * If locks of a set are missing, adds a text to `warnings`.
 */
bool lock_proof_holds(store *from, const group_state *found, const struct group_options *options,
	bool address_is_here, GPtrArray *warnings);

/* Whether locks were recorded while `owner` served the group, on all of its filesystems, and all of
 * them are in `held`. */
bool lock_proof_recorded_are_held(store *from, const group_state *owner, const lock_set *held);

#endif
