/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_TELLING_H
#define LOCKFERRY_SERVICE_TELLING_H

/*
 * How clients are told that they have locks to reclaim, from the beginning to the end of grace:
 * when it begins, from which addresses, how far it is, and how it went.
 *
 * telling_new() -> telling_look() as the group begins to reclaim, and each second as long as it
 * does; telling_arrived() as an address comes; telling_note() as the clients change -> when
 * telling_look() says so telling_finish(), or telling_abandon() when the group does not reclaim any
 * more -> ... -> telling_free().
 *
 * Clients are told only inside the grace period: outside, a reclaim is refused, and the application
 * gets no error. So `now` must have been made right before each call.
 */

#include "group/client_list.h"
#include "group/options.h"
#include "group/progress.h"
#include "node/addresses.h"
#include "service/problems.h"
#include "service/situation.h"

typedef struct telling telling;

/* A client got further. */
typedef void (*telling_changed)(void *data);

/* The problem is PROBLEM_GRACE, that clients cannot be told. All is borrowed. */
telling *telling_new(const struct group_options *options, struct problems *problems,
	telling_changed changed, void *data);

enum telling_result {
	TELLING_GOES_ON,  /* or cannot begin, which is a problem */
	TELLING_NEEDLESS, /* grace is over, and all had heard before */
	TELLING_ENDS,     /* grace is over: telling_finish() */
};

/* Begin, or go on from an address that could not be used before. `clients` is kept until the end.
 */
enum telling_result telling_look(
	telling *self, const struct situation *now, const addresses *here, client_list *clients);

/* Whether clients are being told. */
bool telling_is_on(const telling *self);

/* These addresses are here now: tell from those that are new, unless grace is over. */
void telling_arrived(telling *self, const struct situation *now, const addresses *here);

/* The clients have changed. */
void telling_note(telling *self, gint64 now_us);

/* Grace is over: say who has lost locks, as recovery_finish() has it. */
void telling_finish(
	telling *self, const struct situation *now, bool locks_are_back, bool other_groups);

/* The group does not reclaim any more, and its clients may have heard of it or not. */
void telling_abandon(telling *self);

struct telling_view {
	gint64 began; /* seconds since the epoch; of the last recovery; 0: none */
	gint64 ended; /* the same; 0: not yet */
	guint count;  /* how many were begun or taken up */
	const struct progress *progress; /* of the last */
};

struct telling_view telling_view(const telling *self);

void telling_free(telling *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(telling, telling_free)

#endif
