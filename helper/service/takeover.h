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
#include "group/grace_length.h"
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
	/* in; borrowed; the clients (of client) of an earlier takeover of this process: whose
	 * record somebody removed since must still be told; NULL: there was none */
	const GPtrArray *known;
	/* in: NULL, or the store of an earlier takeover; out: the store. Owned by the caller */
	store *store;
	group_state *state;     /* out; owned */
	GPtrArray *clients;     /* out; owned; the client list (of client) */
	enum adoption adoption; /* out */
	GArray *filesystems;    /* out; owned; the group's (of struct lock_filesystem) */
	/* out; owned; the locks that clients must reclaim; NULL: not known */
	lock_set *to_reclaim;
	bool to_reclaim_exact; /* out; `to_reclaim` has all of them, and no other */
	bool after_crash;      /* out; `to_reclaim` was recorded before a crash */
	/* out; owned; of struct connection: the last known connections of clients; NULL: nothing to
	 * renew */
	GArray *connections;
	guint conveyed; /* out; records that were added to the sm directory */
	/* out; owned; of char *: lasting warnings: what is wrong with the store, or not known of
	 * it */
	GPtrArray *cautions;
	/* out; when the group's own server was begun, monotonic; 0: it was not begun now */
	gint64 server_began_us;
	char *new_store; /* out; owned; the warning about a new store; NULL: the store is not new */
	guint unreadable; /* out; entries of the store (records, account) that cannot be read */
	/* out; if it was begun now: how long its grace period is, and why */
	struct grace_length grace;
	/* (internal) there are records in the store, or of statd during a grace period, and the
	 * owner of the group is not known */
	bool records_unowned;
	guint to_tell; /* (internal) how many of statd's records belong to clients that must be told
			*/
	/* out; owned; of char *: faults that did not prevent the takeover */
	GPtrArray *warnings;
	/* out; owned; what Pacemaker's fencing history says about this node, or why it cannot be
	 * asked */
	char *fencing;
	bool fencing_known; /* out; the history could be asked */
};

/* If it fails, no output is set except `store`. */
bool takeover_run(struct takeover *self, GError **error);

/* Frees the outputs, except `store`. */
void takeover_clear(struct takeover *self);

#endif
