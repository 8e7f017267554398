/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_ROSTER_H
#define LOCKFERRY_SERVICE_ROSTER_H

/*
 * The client list as statd's records come and go: what was captured gets into it, its account is
 * saved, records whose client holds no lock any more leave the store (deletions.h), and clients
 * that cannot be told after a failover are named (untold.h).
 *
 * roster_new() -> roster_use() at each takeover -> roster_captured(), roster_merge() as records
 * come; roster_account() whenever a client got further; roster_look() each second -> roster_stop()
 * -> roster_free(), after the worker.
 */

#include "base/worker.h"
#include "group/client_list.h"
#include "group/options.h"
#include "recorder/capture.h"
#include "service/problems.h"
#include "service/situation.h"

typedef struct roster roster;

/* A client has changed. */
typedef void (*roster_changed)(void *data);

/* `writes` is the store's thread, and `capture` is of that. The problems are PROBLEM_ACCOUNT,
 * PROBLEM_REMOVAL and PROBLEM_UNTOLD. All is borrowed. */
roster *roster_new(const struct group_options *options, worker *writes, struct capture *capture,
	struct problems *problems, roster_changed changed, void *data);

struct roster_origin {
	store *store;              /* borrowed */
	guint64 epoch;             /* in which the account is saved */
	GPtrArray *clients;        /* of client; taken, but for the array */
	const GArray *connections; /* that clients had (of struct connection); NULL: none is known.
				      Who had one is known to use the group (users.h) */
};

/* The group was taken over. */
void roster_use(roster *self, const struct roster_origin *origin, gint64 now_s);

/* The roster's; NULL before the first takeover. */
client_list *roster_clients(const roster *self);

/* Whether every client has answered, or there is none. */
bool roster_all_have_heard(const roster *self);

/* Take what was captured into the list; how many clients are new. Of the situation it takes the
 * time, the phase and statd. roster_captured() logs who was
 * recorded, too. */
guint roster_merge(roster *self, const struct captured *what, const struct situation *now);
guint roster_captured(roster *self, const struct captured *what, const struct situation *now);

/* A client got further: save the account, soon. For call-backs: `data` is the roster. */
void roster_account(void *data);

/* Save it now, if it has changed; before the group is another node's to take. */
void roster_account_now(roster *self);

/* Note who is known to use the group, of the addresses given. */
void roster_mark_users(roster *self);

/* Remove the records of which it is proven that they may go. */
void roster_look(roster *self, const struct situation *now);

/* The process is ending: the account is not saved any more. */
void roster_stop(roster *self);

void roster_free(roster *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(roster, roster_free)

#endif
