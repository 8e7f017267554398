/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_ADOPTER_H
#define LOCKFERRY_SERVICE_ADOPTER_H

/*
 * Takes the group over (takeover.h), on the store's thread, and keeps what that found out: the
 * store, the group's filesystems, and what is wrong with them.
 *
 * adopter_new() -> adopter_begin(), one at a time, as often as the group must be taken over ->
 * one of the events -> adopter_free(), after the worker, which closes the store. adopter_give_up()
 * ends one that waits for proof.
 */

#include "base/worker.h"
#include "recorder/capture.h"
#include "service/cautions.h"
#include "service/takeover.h"

typedef struct adopter adopter;

struct adopter_events {
	/* The group is ours: what it found may be taken out of `what`. Returns how many clients it
	 * has. */
	guint (*taken)(struct takeover *what, void *data);
	void (*failed)(const GError *error, void *data);
};

/* `capture` is of the worker's thread, and gets the store. All is borrowed. */
adopter *adopter_new(const struct group_options *options, sm_dir *live, worker *writes,
	struct capture *capture, struct cautions *cautions, const struct adopter_events *events,
	void *data);

void adopter_begin(adopter *self, bool address_is_here);

/* Nobody wants the group any more. */
void adopter_give_up(adopter *self);

/* The adopter's; NULL before the first takeover is done. */
store *adopter_store(const adopter *self);

/* For how long the store's disk has kept its thread waiting, in milliseconds; the time
 * that a takeover waits for something else does not count. */
gint64 adopter_disk_ms(adopter *self, gint64 now_us);

/* takeover_wait_text(). */
char *adopter_waits_for(adopter *self);

struct adopter_view {
	const GArray *filesystems; /* of struct lock_filesystem; NULL until taken over */
	const char *fencing;       /* takeover.h has it; NULL until taken over */
	bool fencing_known;        /* as in takeover.h */
	guint unreadable;          /* entries of the store that could not be read */
};

struct adopter_view adopter_view(const adopter *self);

void adopter_free(adopter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(adopter, adopter_free)

#endif
