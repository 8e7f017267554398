/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/lock_proof.h"

#include "verify/group_look.h"

static lock_set *load(store *from, enum store_text which, struct lock_set_note *note)
{
	g_autoptr(GBytes) bytes = store_load_text(from, which, NULL);

	return bytes != NULL ? lock_set_from_bytes(bytes, note) : NULL;
}

/* The locks recorded last by this owner, if they can prove anything; otherwise NULL. The set is
 * some seconds old, but a drop always removes all locks of a filesystem or of an address: if all
 * recorded locks are held, nothing was dropped. An empty set proves nothing. */
static lock_set *recorded_by(store *from, const group_state *owner)
{
	struct lock_set_note note;
	g_autoptr(lock_set) recorded = load(from, STORE_LOCKS_RECORDED, &note);

	return recorded != NULL && !note.partial && note.noted_at >= owner->owned_since &&
			       lock_set_size(recorded) > 0
		       ? g_steal_pointer(&recorded)
		       : NULL;
}

bool lock_proof_recorded_are_held(store *from, const group_state *owner, const lock_set *held)
{
	g_autoptr(lock_set) recorded = recorded_by(from, owner);

	return recorded != NULL && lock_set_missing(recorded, held) == 0;
}

/* The locks that must be held; NULL if no set proves anything. */
static lock_set *proof_of(store *from, const group_state *found)
{
	struct lock_set_note note;
	g_autoptr(lock_set) noted = NULL;

	if (found->phase == PHASE_SERVING)
		return recorded_by(from, found);
	noted = load(from, STORE_LOCKS_NOTED, &note);
	return noted != NULL && note.exact ? g_steal_pointer(&noted) : NULL;
}

static bool are_held(const lock_set *proof, const group_state *found,
	const struct group_options *options, GPtrArray *warnings)
{
	struct group_look seen = {0};
	bool looked =
		group_look_run(&seen, options, found->lock_manager, proof, GROUP_LOOK_MS, NULL);
	guint missing = looked ? lock_set_missing(proof, seen.held) : 0;
	bool held = looked && !seen.restarted && missing == 0;

	if (missing > 0 && !seen.restarted && !found->recovery_due)
		g_ptr_array_add(warnings,
			g_strdup_printf(
				"%u of the %u locks held when the group was stopped here were dropped since",
				missing, lock_set_size(proof)));
	group_look_clear(&seen);
	return held;
}

/* None of the group's clients was told yet, so none has a lock here. */
static bool is_about_to_recover(const group_state *found)
{
	return (found->phase == PHASE_ADOPTING || found->phase == PHASE_ARMED) &&
	       found->recovery_due;
}

bool lock_proof_holds(store *from, const group_state *found, const struct group_options *options,
	bool address_is_here, GPtrArray *warnings)
{
	bool was_stopped = found->phase == PHASE_FROZEN || found->phase == PHASE_RELEASED;
	g_autoptr(lock_set) proof = NULL;

	if (!was_stopped && (address_is_here || is_about_to_recover(found)))
		return true;
	proof = proof_of(from, found);
	return proof != NULL && are_held(proof, found, options, warnings);
}
