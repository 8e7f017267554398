/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_HANDOVER_H
#define LOCKFERRY_SERVICE_HANDOVER_H

/*
 * Handing a group over, once its address is gone and no client can reach it: the last records, the
 * locks held here and the connections of clients are stored, then the group's own server is
 * stopped, and then the state that says so is stored. Blocks on the disk; for the worker thread.
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
	guint locks; /* in and out; how many locks were held here when that was noted */
	char *doubt; /* out; owned; why there may be others; NULL: for no reason */
};

/* On an error the state is not stored. */
bool handover_run(struct handover *self, GError **error);
void handover_clear(struct handover *self);

/*
 * For a group that has no process here. If the store says that this node owns it, in this boot
 * (`options->node` isn't asked), the process died: its last duties are done; `*released` tells
 * whether the group is handed over in good order: not, when one of its addresses is still here. If
 * another node has taken it over, what is still locked here on its filesystems is dropped, as after
 * a migration: on a cluster filesystem it would keep clients from reclaiming there. Unless another
 * group that is served here has one of these filesystems as well. No error when there's nothing to
 * do, not even a store.
 */
bool handover_without_process(const struct group_options *options, bool *released, GError **error);

#endif
