/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_VERIFY_LOCK_PROOF_H
#define LOCKFERRY_VERIFY_LOCK_PROOF_H

/*
 * Whether the locks of a group that this node had are still held here, by the very lock manager
 * that held them. What is not proven counts as lost. Blocks; for the worker thread.
 */

#include "group/options.h"
#include "group/state.h"
#include "kernel/lock_set.h"
#include "store/store.h"

/*
 * Whether a start on the node that has the group may take its locks for held. `found`: the state in
 * the store. Either nothing can have dropped them, as the address is here and the process alone
 * died, or none was to be held yet; or the group was frozen, its set is exact, and all of it is
 * held; or nobody froze it, and all that was recorded last is held. A set of which some is missing
 * adds a text to `warnings`.
 */
bool lock_proof_holds(store *from, const group_state *found, const struct group_options *options,
	bool address_is_here, GPtrArray *warnings);

/* Whether there are locks that were recorded while that owner served the group, in all of its
 * filesystems, and all of them are in `held`. */
bool lock_proof_recorded_are_held(store *from, const group_state *owner, const lock_set *held);

#endif
