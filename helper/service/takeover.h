/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_TAKEOVER_H
#define LOCKFERRY_SERVICE_TAKEOVER_H

/*
 * Taking a group over: open the store, prove that it may be taken and have a grace period in which
 * clients can reclaim, take it, and convey the records to this node's statd. Blocks on the disk;
 * for the writer's thread.
 *
 * Nothing is written before all that can be proven is. From the take-over on (one durable write of
 * the state) a crash leaves a store from which this node, or the next, does it again.
 */

#include "group/adoption.h"
#include "lockd/lock_set.h"
#include "net/connections.h"
#include "nsm/sm_dir.h"
#include "service/options.h"
#include "store/store.h"

struct takeover {
	const struct service_options *options; /* borrowed */
	sm_dir *live;                          /* borrowed */
	bool address_is_here;                  /* the group's */
	store *to; /* in: NULL, or the store of an earlier take-over; out: the store. Owned by the
		      caller */
	group_state *state;     /* out; owned */
	GPtrArray *clients;     /* out; owned; the client list (of client) */
	enum adoption adoption; /* out */
	GArray *filesystems;    /* out; owned; the group's (of struct lock_filesystem) */
	lock_set *to_reclaim;   /* out; owned; the very locks that clients have to reclaim; NULL
				   when nobody can tell */
	GArray *connections;    /* out; owned; those that clients had when that was last known (of
				   struct connection); NULL: they are not to be renewed */
	guint conveyed;         /* out; records put into the sm directory that it hadn't */
	GPtrArray *warnings; /* out; owned; of char *: what did not keep the group from being taken
				over */
};

/* On an error the outputs but `to` are as they were. */
bool takeover_run(struct takeover *self, GError **error);

/* Frees the outputs, but not `to`. */
void takeover_clear(struct takeover *self);

#endif
