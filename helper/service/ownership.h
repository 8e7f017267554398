/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_OWNERSHIP_H
#define LOCKFERRY_SERVICE_OWNERSHIP_H

/*
 * A group's ownership, as recorded in its store. Saves the state, after everything that must be
 * stored before it, one save after the other. Checks from time to time whether the store is still
 * ours and contains what we wrote. Both are jobs of the store's thread.
 *
 * Order of calls: ownership_new() -> ownership_use() after each takeover -> ownership_save() when
 * the state changes, ownership_look() each second -> ownership_free(), after the worker was freed.
 *
 * If ownership_save() is called while a save is running, the event `save` asks for the newest state
 * afterwards. A save that failed stays due until it succeeds.
 */

#include "base/worker.h"
#include "group/options.h"
#include "group/state.h"
#include "recorder/capture.h"
#include "service/handover.h"
#include "service/problems.h"
#include "service/situation.h"

typedef struct ownership ownership;

/* What somebody else changed in the store. */
struct ownership_alarm {
	GPtrArray *texts;     /* of char *: the warnings */
	bool texts_changed;   /* texts such as the lock set were changed: record them again */
	bool clients_changed; /* records were changed: record those that statd has again */
};

struct ownership_events {
	/* Another node has the group, so this process must not do anything more. Nothing is saved
	 * any more. */
	void (*lost)(const GError *error, void *data);
	/* The group was taken over or its state changed during the save: save the state again. */
	void (*save)(void *data);
	/* The last records, the lock set and this state are in the store. */
	void (*handed_over)(const struct handover *what, void *data);
	void (*saved)(void *data);
	void (*failed)(const GError *error, void *data);
	/* All members are borrowed for the call. */
	void (*alarm)(const struct ownership_alarm *what, void *data);
};

/* Sets PROBLEM_STORE and PROBLEM_PLACE. The thread of `writes` uses `capture`. All arguments are
 * borrowed. */
ownership *ownership_new(const struct group_options *options, worker *writes,
	struct capture *capture, struct problems *problems, const struct ownership_events *events,
	void *data);

/* `to` is borrowed. */
void ownership_use(ownership *self, store *to);

/* Saves a copy of the state. `final`: the address is gone, so the last records, the locks that are
 * held and the connections are stored first (handover.h). */
void ownership_save(ownership *self, const group_state *state, bool final);

/* ownership_is_pending(): the newest state is not in the store yet. ownership_is_due(): no save is
 * running, and the state must be saved again, because the save failed or the state changed in the
 * meantime. */
bool ownership_is_pending(const ownership *self);
bool ownership_is_due(const ownership *self);

/* Checks the store, at most every five seconds. Returns whether it was time for that. */
bool ownership_look(ownership *self, const struct situation *now);

void ownership_free(ownership *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ownership, ownership_free)

#endif
