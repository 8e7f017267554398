/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_TELLING_H
#define LOCKFERRY_SERVICE_TELLING_H

/*
 * Tells clients that they must reclaim their locks, from the beginning of a recovery to the end of
 * grace: when it begins, from which addresses, how far it is, and how it went.
 *
 * Order of calls: telling_new() -> telling_look() when `reclaiming` begins and then each second;
 * telling_arrived() when an address comes; telling_note() when clients change -> telling_finish()
 * when telling_look() says so, or telling_abandon() when the group leaves `reclaiming` -> ... ->
 * telling_free().
 *
 * Clients are told only inside the grace period. A reclaim outside of it is refused, and the
 * application gets no error. So `now` must have been made right before each call.
 */

#include "group/client_list.h"
#include "group/options.h"
#include "group/progress.h"
#include "node/addresses.h"
#include "service/cautions.h"
#include "service/problems.h"
#include "service/situation.h"

typedef struct telling telling;

/* The recovery of a client has advanced. */
typedef void (*telling_changed)(void *data);

/* Sets PROBLEM_GRACE if clients cannot be told. Clients that may have been told too late become a
 * caution. All arguments are borrowed. */
telling *telling_new(const struct group_options *options, struct problems *problems,
	struct cautions *cautions, telling_changed changed, void *data);

enum telling_result {
	TELLING_GOES_ON,  /* goes on, or cannot begin, which is a problem */
	TELLING_NEEDLESS, /* grace is over, and all clients had answered before */
	TELLING_ENDS,     /* grace is over: call telling_finish() */
};

/* Begins, or goes on from an address that could not be used before. Keeps `clients` until the
 * end. */
enum telling_result telling_look(
	telling *self, const struct situation *now, const addresses *here, client_list *clients);

/* Whether clients are being told. */
bool telling_is_on(const telling *self);

/* Tells clients from the addresses that are new on this node, unless grace is over. */
void telling_arrived(telling *self, const struct situation *now, const addresses *here);

/* The client list has changed: notes the progress. */
void telling_note(telling *self, gint64 now_us);

/* Grace is over: reports who has lost locks, as recovery_finish() decides it. */
void telling_finish(
	telling *self, const struct situation *now, bool locks_are_back, bool other_groups);

/* The group leaves `reclaiming`; some clients may not have been told. */
void telling_abandon(telling *self);

struct telling_view {
	gint64 began; /* when the last recovery began, seconds since the epoch; 0: none */
	gint64 ended; /* when it ended; 0: not yet */
	guint count;  /* how many recoveries were begun or continued */
	const struct progress *progress; /* of the last recovery */
};

struct telling_view telling_view(const telling *self);

void telling_free(telling *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(telling, telling_free)

#endif
