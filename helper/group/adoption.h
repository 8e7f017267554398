/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_GROUP_ADOPTION_H
#define LOCKFERRY_GROUP_ADOPTION_H

/*
 * May this node take the service group over, and what became of its locks? Pure: the state found in
 * the store and the evidence that the caller collected go in, the decision comes out.
 */

#include "group/state.h"

enum adoption {
	ADOPTION_REFUSED,  /* another node may still be serving the group */
	ADOPTION_RESUME,   /* the locks are held by this very lock manager: nobody is to be told */
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
	gint64 fenced_at; /* when the owner was last fenced, seconds since the epoch; 0: never, or
			     nobody knows */
};

/* A new group (nobody has owned it) is resumed: there is nothing to recover. */
enum adoption adoption_decide(const group_state *found, const struct adoption_evidence *evidence);

#endif
