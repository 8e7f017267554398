/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_GROUP_ADOPTION_H
#define LOCKFERRY_GROUP_ADOPTION_H

/*
 * Whether this node may take the service group over, and what happened to its locks. Pure: the
 * inputs are the state found in the store and the evidence that the caller collected; the output is
 * the decision.
 */

#include "group/state.h"

enum adoption {
	ADOPTION_REFUSED,  /* another node may still be serving the group */
	ADOPTION_RESUME,   /* this same lock manager still holds the locks, so nobody needs to be
			      notified */
	ADOPTION_CONTINUE, /* the same holds for the locks reclaimed so far; the recovery continues
			      with the same state number */
	ADOPTION_RECOVER,  /* the locks are lost; a new recovery begins with a new state number */
};

struct adoption_evidence {
	const char *node;         /* this node, by the name that the cluster uses */
	const char *boot;         /* its boot id */
	const char *lock_manager; /* the incarnation of its lock manager */
	bool locks_held; /* every lock noted when the group was frozen here is still held here */
	bool require_fencing; /* an owner that did not release the group must have been fenced */
	const struct fencings *fencings; /* those of the owner, as the cluster knows them; NULL if
					    it cannot be asked */
	const char *owner_boot; /* the boot id that the owner has published as a member of the
				   cluster; NULL if unknown */
};

/*
 * Whether the owner was fenced since it took the group. This uses the cluster's own numbers and
 * compares no clocks. There must be a newer fencing than those that the owner knew about itself.
 * Their number must also differ, because otherwise the newer one may be a known fencing with
 * another node's time. (The number is smaller if the history was cleaned up.) If either value is
 * unknown, there is no proof.
 */
bool adoption_fenced_since(const group_state *found, const struct fencings *fencings);

/*
 * Whether another node owns the group, and nothing proves that it no longer serves it: it has not
 * released the group, was not fenced since, and has not booted since.
 */
bool adoption_lacks_evidence(const group_state *found, const struct adoption_evidence *evidence);

/* A new group, which nobody has owned, is resumed, because there is nothing to recover. */
enum adoption adoption_decide(const group_state *found, const struct adoption_evidence *evidence);

#endif
