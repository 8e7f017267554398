/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_TAKEOVER_H
#define LOCKFERRY_SERVICE_TAKEOVER_H

/*
 * Takes a group over: opens the store, proves that this node may take the group and that clients
 * have a grace period to reclaim in, takes the ownership, and conveys the records to this node's
 * statd. Blocks on the disk; runs on the worker thread.
 *
 * Nothing is written before everything that can be proven is proven. After the takeover itself (one
 * durable write of the state), a crash leaves a store from which this node, or the next one, can do
 * it again.
 */

#include "group/adoption.h"
#include "group/options.h"
#include "kernel/lock_set.h"
#include "net/connections.h"
#include "nsm/sm_dir.h"
#include "store/store.h"

/* Shared with the main thread. `waits` and `given_up` are accessed with g_atomic_int_*(). */
struct takeover_wait {
	/* the takeover waits for proof that the owner is gone, or for the lock manager: the disk is
	 * not to blame for this time */
	gint waits;
	gint given_up;   /* in: the group is no longer wanted */
	gint64 ended_us; /* when the last wait ended, monotonic; by __atomic_*() */
	GMutex lock;
	/* owned, under `lock`: what the takeover waits for, and what is known; NULL: it does not
	 * wait */
	char *why;
};

/* What the takeover waits for; NULL if it does not wait. The caller frees the text. For any
 * thread. */
char *takeover_wait_text(struct takeover_wait *self);

struct takeover {
	const struct group_options *options; /* borrowed */
	sm_dir *sm_dir;                      /* borrowed */
	struct takeover_wait *wait;          /* borrowed; NULL: the takeover must not wait */
	bool address_is_here;                /* one of the group's addresses is on this node */
	/* in: NULL, or the store of an earlier takeover; out: the store. Owned by the caller */
	store *store;
	group_state *state;     /* out; owned */
	GPtrArray *clients;     /* out; owned; the client list (of client) */
	enum adoption adoption; /* out */
	GArray *filesystems;    /* out; owned; the group's (of struct lock_filesystem) */
	lock_set *to_reclaim;   /* out; owned; the locks that clients have to reclaim, as far as is
				   known; NULL when nothing is */
	bool to_reclaim_exact;  /* out; all of them, and no other */
	bool after_crash;       /* out; they were recorded before it */
	GArray *connections;    /* out; owned; those that clients had when that was last known (of
				   struct connection); NULL: they are not to be renewed */
	guint conveyed;         /* out; records put into the sm directory that it hadn't */
	GPtrArray *cautions; /* out; owned; of char *: what is wrong with the store, or not known of
				it; it lasts */
	char *new_store;  /* out; owned; what is not known, as the store is new; NULL: it isn't */
	guint unreadable; /* out; entries of the store that cannot be read: records, or the account
			   */
	bool records_unowned; /* (inside) there are records, in the store or of statd's in a grace
				 period, and nobody knows who had the group */
	guint to_tell;        /* (inside) the clients of so many of statd's records must be told */
	GPtrArray *warnings;  /* out; owned; of char *: what did not keep the group from being taken
				 over */
	char *fencing; /* out; owned; what Pacemaker's fencing history says of this node, or why it
			  cannot be asked */
	bool fencing_known; /* out; it could be asked */
};

/* If it fails, no output is set except `store`. */
bool takeover_run(struct takeover *self, GError **error);

/* Frees the outputs, except `store`. */
void takeover_clear(struct takeover *self);

#endif
