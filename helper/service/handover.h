/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_HANDOVER_H
#define LOCKFERRY_SERVICE_HANDOVER_H

/*
 * Hands a group over after its address is gone, when no client can reach it any more. Stores the
 * last records, the locks held here and the connections of clients, and after them the state that
 * says so. Blocks on the disk; runs on the worker thread.
 */

#include "group/options.h"
#include "recorder/capture.h"

#include <sys/types.h>

struct handover {
	const struct group_options *options; /* borrowed */
	struct capture *capture;             /* borrowed */
	group_state
		*state; /* owned; what to store when all else is: frozen, released, or as it was */
	bool unlock;    /* drop the locks held here, before that */
	bool stop_server; /* the group's own server ends before that, with its locks */
	bool server_ends; /* in and out: it was told to, so what is held now says nothing: what was
			     noted before stays */
	struct captured captured; /* out; owned */
	guint locks;              /* out; how many locks were held here */
	char *doubt;              /* out; owned; why more locks may be held; NULL: no doubt */
};

/* If it fails, the state is not stored. */
bool handover_run(struct handover *self, GError **error);
void handover_clear(struct handover *self);

/*
 * Cleans up after a group that has no process on this node.
 *
 * If the store says that this node owns the group in this boot (`options->node` is not compared),
 * the process died: the group is handed over in its place. `*released` says whether the handover
 * was clean. It is not if one of the group's addresses is still here.
 *
 * If another node has taken the group over, the locks that are left here on its filesystems are
 * dropped, as after a migration: on a cluster filesystem they would keep clients from reclaiming
 * there. They are not dropped if another group that is served here uses one of these filesystems
 * too.
 *
 * If there is nothing to do, or no store at all, this is not an error.
 *
 * If the group has an NFS server of its own, the handover also stops that server. It works only in
 * the group's namespaces (options->own_server).
 */
bool handover_without_process(const struct group_options *options, bool *released, GError **error);

#endif
