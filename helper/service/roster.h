/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_ROSTER_H
#define LOCKFERRY_SERVICE_ROSTER_H

/*
 * Keeps the client list up to date as statd's records come and go. Merges what was captured, saves
 * the account, removes records from the store whose client holds no lock any more (deletions.h),
 * and names clients that cannot be told after a failover (untold.h).
 *
 * Order of calls: roster_new() -> roster_use() at each takeover -> roster_captured() or
 * roster_merge() as records come; roster_account() when the recovery of a client has advanced;
 * roster_look() each second -> roster_stop() -> roster_free(), after the worker was freed.
 */

#include "base/worker.h"
#include "group/client_list.h"
#include "group/options.h"
#include "recorder/capture.h"
#include "service/problems.h"
#include "service/situation.h"

typedef struct roster roster;

/* The recovery of a client has advanced. */
typedef void (*roster_changed)(void *data);

/* `writes` is the store's thread, and that thread uses `capture`. Sets PROBLEM_ACCOUNT,
 * PROBLEM_REMOVAL and PROBLEM_UNTOLD. All arguments are borrowed. */
roster *roster_new(const struct group_options *options, worker *writes, struct capture *capture,
	struct problems *problems, roster_changed changed, void *data);

struct roster_origin {
	store *store;       /* borrowed */
	guint64 epoch;      /* the epoch for saving the account */
	GPtrArray *clients; /* of client; the elements pass to the roster, the array does not */
	/* of struct connection: those that clients had; NULL: not known. A client that had one is
	 * known to use the group (users.h) */
	const GArray *connections;
};

/* The group was taken over: begins a new client list. */
void roster_use(roster *self, const struct roster_origin *origin, gint64 now_s);

/* Owned by the roster. NULL before the first takeover. */
client_list *roster_clients(const roster *self);

/* Whether every client has answered. True if there is no client. */
bool roster_all_have_heard(const roster *self);

/* Merges what was captured into the list. Returns how many clients are new. Of the situation, only
 * the time, the phase, statd, and while clients reclaim the grace period are used.
 * roster_captured() also logs who was recorded. */
guint roster_merge(roster *self, const struct captured *what, const struct situation *now);
guint roster_captured(roster *self, const struct captured *what, const struct situation *now);

/* The recovery of a client has advanced: saves the account soon. For call-backs; `data` is the
 * roster. */
void roster_account(void *data);

/* Saves the account now if it has changed. To be called before another node can take the group. */
void roster_account_now(roster *self);

/* Grace is over: marks the clients that are known to use the group, by the connections given to
 * roster_use(). What is known of a client then stays for a minute, even if it is recorded again: it
 * may have tried to reclaim, in vain. */
void roster_end_recovery(roster *self, gint64 now_us);

/* Removes the records that are proven to be no longer needed. */
void roster_look(roster *self, const struct situation *now);

/* The process is ending: the account is no longer saved. */
void roster_stop(roster *self);

void roster_free(roster *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(roster, roster_free)

#endif
