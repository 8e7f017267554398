/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_VERIFY_VERIFICATION_H
#define LOCKFERRY_VERIFY_VERIFICATION_H

/*
 * Compares the locks noted in the store with those held now on this node, which serves the group.
 *
 * Fill the inputs -> verification_run() -> the outputs -> verification_clear(), also after an
 * error. Writes nothing, and asks no process: it can run while a process serves the group. Takes
 * about two seconds at most, plus the time of lock_set_held().
 */

#include "group/client.h"
#include "group/state.h"
#include "kernel/lock_set.h"

#include <json-glib/json-glib.h>

struct verification {
	const struct kernel *kernel;
	const char *store; /* the store's directory */
	const char *group; /* the group that must own the store; NULL: any */
	const char *const *exports;

	/* Outputs; all owned. */
	group_state *state;
	GPtrArray *clients; /* of client */
	struct lock_set_note note;
	GPtrArray *all;     /* of struct lock, as the next two: locks that were noted */
	GPtrArray *missing; /* those of them that are not held */
	GPtrArray *added;   /* locks that are held and were not noted */
	char *doubt;        /* why other locks may be missing as well; NULL: no reason */

	/* Private. */
	lock_set *noted, *held;
	GArray *filesystems; /* borrows from `all` and the inputs */
	GPtrArray *searches; /* of file_search, one for each filesystem */
};

/*
 * Errors: not installed if there is no such store, no lock set in it, or none that this version can
 * read, or if a filesystem of the set is not mounted; not configured if the store belongs to
 * another group; not running if this node does not serve the group.
 */
bool verification_run(struct verification *self, GError **error);

/* The path of the file of a missing lock; NULL if it was not found. Owned by `self`. */
const char *verification_file(const struct verification *self, const struct lock *lock);

/* Whether a missing lock may be that client's, because the client did not come back. */
bool verification_may_have_lost(const struct verification *self, const client *entry);

/* The wanted clients, each an object with mon_name and recovery; the caller unrefs it. */
JsonArray *verification_clients(const struct verification *self,
	bool (*wanted)(const struct verification *self, const client *entry));

void verification_clear(struct verification *self);

#endif
