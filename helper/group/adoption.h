/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_GROUP_ADOPTION_H
#define LOCKFERRY_GROUP_ADOPTION_H

/*
 * May this node take the service group over, and what became of its locks? Pure: the state found in
 * the store and the evidence that the caller collected go in, the decision comes out.
 */

#include "group/state.h"

enum adoption {
	ADOPTION_REFUSED, /* another node may still be serving the group */
	ADOPTION_RESUME, /* the locks are held by this very lock manager: nobody needs to be told */
	ADOPTION_CONTINUE, /* so are those reclaimed so far; the recovery goes on under the same
			      state number */
	ADOPTION_RECOVER,  /* the locks are gone: a new recovery under a new state number */
};

struct adoption_evidence {
	const char *node;         /* this node, as the cluster names it */
	const char *boot;         /* its boot id */
	const char *lock_manager; /* its lock manager's incarnation */
	bool locks_held; /* every lock noted when the group was frozen here is still held here */
	bool require_fencing; /* an owner that did not release the group must have been fenced */
	const struct fencings *fencings; /* of the owner, as the cluster knows them; NULL: it cannot
					    be asked */
	const char *owner_boot;          /* the boot id that the owner, a member of the cluster, has
					    published; NULL: not known */
};

/*
 * Whether the owner was fenced since it took the group: not by any clock, but by the cluster's own
 * numbers. There is a newer fencing than those that the owner knew of itself, and it is not one of
 * those under another node's time: their number is another. (It is smaller where the history was
 * cleaned up since.) If either is not known there is no proof.
 */
bool adoption_fenced_since(const group_state *found, const struct fencings *fencings);

/*
 * Whether another node owns the group, and nothing proves that it has let go of it: it neither
 * released it, nor was fenced since, nor has booted since.
 */
bool adoption_lacks_evidence(const group_state *found, const struct adoption_evidence *evidence);

/* A new group (nobody has owned it) is resumed: there is nothing to recover. */
enum adoption adoption_decide(const group_state *found, const struct adoption_evidence *evidence);

#endif
