/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_STATUS_H
#define LOCKFERRY_SERVICE_STATUS_H

/* The status of a group's process, for people and for the monitor action. It is made from a view,
 * which contains what each part shows. Nothing is kept. */

#include "group/client_list.h"
#include "group/options.h"
#include "group/state.h"
#include "node/addresses.h"
#include "report/exposition.h"
#include "service/adopter.h"
#include "service/cautions.h"
#include "service/problems.h"
#include "service/reclaim_watch.h"
#include "service/server_watch.h"
#include "service/telling.h"

/* All members are borrowed. */
struct status_view {
	const struct group_options *options;
	const group_state *state;   /* NULL before the first takeover */
	const client_list *clients; /* NULL before the first takeover */
	const addresses *addresses;
	const struct problems *problems;
	const struct cautions *cautions;
	struct adopter_view found;
	struct reclaim_view reclaims;
	struct telling_view told;
	struct server_view server;       /* of a group with a server of its own */
	const struct histogram *latency; /* from a callout's request to its record being durable */
	gint64 disk_ms; /* how long the job has taken that is at work on the store's disk; 0: none
			   is */
	const char *waits_for; /* what the takeover waits for; NULL: it does not wait */
	bool taking_over;
	bool lock_manager_runs; /* the incarnation that granted the group's locks */
	bool is_saved; /* the state is in the store, with all that must be stored before it */
	guint locks_at_freeze;
	guint64 callouts; /* how often statd's callout asked to record */
	guint64 callouts_missed;
};

/* The answer to the request `status`. The caller unrefs it. */
JsonObject *status_to_json(const struct status_view *view);

/* Whether the status contains a warning. */
bool status_warns(const struct status_view *view);

/* Whether clients of the group may still have to reclaim locks under the running lock manager. */
bool status_needs_grace(const struct status_view *view);

#endif
