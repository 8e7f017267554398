/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_VERIFY_VERIFICATION_H
#define LOCKFERRY_VERIFY_VERIFICATION_H

/*
 * Compares the locks noted in the store with those that are held now on this node, which serves the
 * group.
 *
 * Order of calls: fill in the inputs -> verification_run() -> read the outputs ->
 * verification_clear(), also after an error. Writes nothing, and asks no process, so it can run
 * while a process serves the group. Takes about two seconds at most, plus the time of
 * lock_set_held().
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
	/* `all`, `missing` and `added` are of struct lock; `all` are the locks that were noted */
	GPtrArray *all;
	GPtrArray *missing; /* noted, but not held now */
	GPtrArray *added;   /* held now, but not noted */
	char *doubt;        /* why more locks may be missing; NULL: no doubt */

	/* Private. */
	lock_set *noted, *held;
	GArray *filesystems; /* borrows from `all` and the inputs */
	GPtrArray *searches; /* of file_search, one for each filesystem */
};

/*
 * Errors: not installed if there is no store, if the store has no lock set that this version can
 * read, or if a filesystem of the set is not mounted; not configured if the store belongs to
 * another group; not running if this node does not serve the group.
 */
bool verification_run(struct verification *self, GError **error);

/* The path of the file of a missing lock; NULL if it was not found. Owned by `self`. */
const char *verification_file(const struct verification *self, const struct lock *lock);

/* Whether a missing lock may be this client's, because the client did not come back. */
bool verification_may_have_lost(const struct verification *self, const client *entry);

/* The clients for which `wanted` is true, each an object with mon_name and recovery. The caller
 * unrefs the array. */
JsonArray *verification_clients(const struct verification *self,
	bool (*wanted)(const struct verification *self, const client *entry));

void verification_clear(struct verification *self);

#endif
