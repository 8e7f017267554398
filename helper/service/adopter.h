/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_ADOPTER_H
#define LOCKFERRY_SERVICE_ADOPTER_H

/*
 * Runs the takeover (takeover.h) on the store's thread, and keeps what the takeover found: the
 * store, the group's filesystems, and what is wrong with them.
 *
 * Order of calls: adopter_new() -> adopter_begin() for each takeover, one at a time -> one of the
 * two events for each -> adopter_free(). Call adopter_free() after the worker has been freed; it
 * closes the store. adopter_give_up() ends a takeover that waits for proof.
 */

#include "base/worker.h"
#include "recorder/capture.h"
#include "service/cautions.h"
#include "service/takeover.h"

typedef struct adopter adopter;

struct adopter_events {
	/* The group is ours. The receiver may steal what it needs from `what`. Returns the number
	 * of clients of the group. */
	guint (*taken)(struct takeover *what, void *data);
	void (*failed)(const GError *error, void *data);
};

/* Only the worker's thread uses `capture`; the takeover puts the store into it. All arguments are
 * borrowed. */
adopter *adopter_new(const struct group_options *options, sm_dir *live, worker *writes,
	struct capture *capture, struct cautions *cautions, const struct adopter_events *events,
	void *data);

/* `known` (of client, or NULL) passes to the adopter, see struct takeover. */
void adopter_begin(adopter *self, bool address_is_here, GPtrArray *known);

/* The group is no longer wanted: a takeover that waits for proof fails. */
void adopter_give_up(adopter *self);

/* Owned by the adopter. NULL until the first takeover is done. */
store *adopter_store(const adopter *self);

/* How long the store's thread has waited for the disk, in milliseconds. Time in which a takeover
 * waits for something else does not count. */
gint64 adopter_disk_ms(adopter *self, gint64 now_us);

/* The text of takeover_wait_text(); the caller frees it. */
char *adopter_waits_for(adopter *self);

struct adopter_view {
	const GArray *filesystems; /* of struct lock_filesystem; NULL before the first takeover */
	const char *fencing;       /* see takeover.h; NULL before the first takeover */
	bool fencing_known;        /* see takeover.h */
	struct grace_length grace; /* the last one that this process began, if the group has a
				      server of its own; otherwise all zero */
	guint unreadable;          /* entries of the store that could not be read */
};

struct adopter_view adopter_view(const adopter *self);

void adopter_free(adopter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(adopter, adopter_free)

#endif
