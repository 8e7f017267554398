/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_VERIFY_VERIFICATION_H
#define LOCKFERRY_VERIFY_VERIFICATION_H

/*
 * The locks that the store has noted, compared with those held now on this node, which serves the
 * group.
 *
 * Fill the inputs -> verification_run() -> the outputs -> verification_clear(), also after an
 * error. Writes nothing, and asks no process: it works beside the one that serves the group. Takes
 * some two seconds at most, beside what lock_set_held() takes.
 */

#include "group/client.h"
#include "group/state.h"
#include "kernel/lock_set.h"

#include <json-glib/json-glib.h>

struct verification {
	const struct kernel *kernel;
	const char *store; /* its directory */
	const char *group; /* NULL: whose ever the store is */
	const char *const *exports;

	/* Out; all owned. */
	group_state *state;
	GPtrArray *clients; /* of client */
	struct lock_set_note note;
	GPtrArray *all;     /* of struct lock, as the next two: what was noted */
	GPtrArray *missing; /* of that, what is not held */
	GPtrArray *added;   /* what is held and was not noted */
	char *doubt; /* why locks may be missing that are not among these; NULL: they are not */

	/* Its own. */
	lock_set *noted, *held;
	GArray *filesystems; /* borrows from `all` and the inputs */
	GPtrArray *searches; /* of file_search, one for each of the filesystems */
};

/*
 * Errors: not installed when there is no such store, no lock set in it, none that this version
 * knows, or a filesystem of the set is not mounted; not configured when the store is another
 * group's; not running when this node does not serve the group.
 */
bool verification_run(struct verification *self, GError **error);

/* The path of the file of a lock that is missing; NULL when it was not found. Owned by `self`. */
const char *verification_file(const struct verification *self, const struct lock *lock);

/* Whether a missing lock may be that client's: it did not come back. */
bool verification_may_have_lost(const struct verification *self, const client *entry);

/* Those of the clients that are wanted, each an object with mon_name and recovery; the caller
 * unrefs it. */
JsonArray *verification_clients(const struct verification *self,
	bool (*wanted)(const struct verification *self, const client *entry));

void verification_clear(struct verification *self);

#endif
