/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_OWNERSHIP_H
#define LOCKFERRY_SERVICE_OWNERSHIP_H

/*
 * A group's ownership, as it is in its store: the state gets there with all that must be stored
 * before it, one save after the other, and now and then it is looked at whether the store still is
 * ours and holds what we wrote. By jobs of the store's thread.
 *
 * ownership_new() -> ownership_use() once the group was taken over -> ownership_save() as the state
 * changes, ownership_look() each second -> ownership_free(), after the worker.
 *
 * A state that is saved while another is on its way follows it: the newest is asked for then, by
 * `save`. One that could not be saved is due until it was.
 */

#include "base/worker.h"
#include "group/options.h"
#include "group/state.h"
#include "recorder/capture.h"
#include "service/handover.h"
#include "service/problems.h"
#include "service/situation.h"

typedef struct ownership ownership;

/* What somebody else did to the store. */
struct ownership_alarm {
	GPtrArray *texts;     /* of char *: what to say */
	bool texts_changed;   /* what is recorded from time to time must be recorded again */
	bool clients_changed; /* so are the records that statd has */
};

struct ownership_events {
	/* Another node has the group: whatever we did from now on would be wrong. Nothing more is
	 * saved. */
	void (*lost)(const GError *error, void *data);
	/* It was taken over or changed meanwhile: its state must be saved. */
	void (*save)(void *data);
	/* The last records and the lock set are in the store, and so is that state. */
	void (*handed_over)(const struct handover *what, void *data);
	/* Everything is saved. */
	void (*saved)(void *data);
	void (*failed)(const GError *error, void *data);
	/* All borrowed for the call. */
	void (*alarm)(const struct ownership_alarm *what, void *data);
};

/* The problems are PROBLEM_STORE and PROBLEM_PLACE. `capture` is of the thread of `writes`. All is
 * borrowed. */
ownership *ownership_new(const struct group_options *options, worker *writes,
	struct capture *capture, struct problems *problems, const struct ownership_events *events,
	void *data);

/* The store; borrowed. */
void ownership_use(ownership *self, store *to);

/* Save the state, which is copied; `final`: the address is gone, so before it the last records, the
 * locks that are held and the connections (handover.h). */
void ownership_save(ownership *self, const group_state *state, bool final);

/* Whether what was saved last is not in the store yet; and whether that could not be saved, or
 * changed on its way, so that it must be saved once more. */
bool ownership_is_pending(const ownership *self);
bool ownership_is_due(const ownership *self);

/* Look at the store, every five seconds at most; whether it is time for that. */
bool ownership_look(ownership *self, const struct situation *now);

void ownership_free(ownership *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ownership, ownership_free)

#endif
