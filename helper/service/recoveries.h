/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_RECOVERIES_H
#define LOCKFERRY_SERVICE_RECOVERIES_H

/*
 * How long the recoveries of a group with a server of its own took: measured at each, and kept in
 * the store for the length of the next grace period (group/grace_length.h).
 *
 * recoveries_new() -> recoveries_server_began() at each takeover -> recoveries_note() at the end of
 * each recovery -> recoveries_free(), after the worker.
 */

#include "base/worker.h"
#include "group/progress.h"
#include "store/store.h"

typedef struct recoveries recoveries;

/* `writes`: the store's thread; borrowed. */
recoveries *recoveries_new(worker *writes);

/* When the server was begun, monotonic; 0: nobody can tell, and the recovery is not noted. */
void recoveries_server_began(recoveries *self, gint64 began_us);

struct recovery_end {
	store *store; /* borrowed */
	guint64 epoch;
	guint clients; /* how many were told */
	const struct progress *progress;
};

/* By a job. That it cannot be stored is logged. */
void recoveries_note(recoveries *self, const struct recovery_end *what);

void recoveries_free(recoveries *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(recoveries, recoveries_free)

#endif
