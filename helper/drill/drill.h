/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_DRILL_DRILL_H
#define LOCKFERRY_DRILL_DRILL_H

/*
 * A failover drill. It runs on the node that will adopt the group.
 *
 * Order of calls: fill in the inputs -> drill_prepare(), which changes nothing -> drill_run() ->
 * read the outputs -> drill_clear(), in any case.
 */

#include "drill/preflight.h"
#include "drill/timeline.h"
#include "verify/verification.h"

#include <json-glib/json-glib.h>

struct drill {
	const struct kernel *kernel;
	const char *run_dir, *group;
	bool fence, move_back;
	guint timeout_s; /* time limit for each move */
	/* Shows progress. A `passing` line is temporary: the next one replaces it. */
	void (*say)(bool passing, const char *text);

	/* Outputs of drill_prepare(). */
	cib *configuration;
	crm_mon *cluster; /* the latest state of the cluster */
	char *version;    /* Pacemaker's version */
	struct plan plan;
	GPtrArray *findings; /* reasons against a drill: texts, with their cures */

	/* Outputs of drill_run(), as far as it came. */
	gint64 began_s, ended_s; /* since the epoch */
	struct timeline outbound, inbound;
	bool went_back;     /* the group was ordered to move back */
	JsonObject *status; /* the last status of the group's process before the way back; or
			     * NULL */
	struct verification found;
	bool verified;      /* `found` is filled */
	GError *unverified; /* why the locks were not verified */
	/* Names of NFSv4 clients, for a group with an NFS server of its own that has records of
	 * them; otherwise NULL: */
	GPtrArray *nfs4_expected; /* those that might reclaim */
	GPtrArray *nfs4_lost;     /* of these, those that did not come back; only if verified */
	char *attribute;          /* the attribute of the node that it was moved back to; or NULL */

	/* Private. */
	char **exports;
	gint64 ordered_us; /* when the last move was ordered, monotonic */
};

/* Errors: those of cluster_load(), pacemaker_crm_mon() and plan_make(); not installed if there are
 * findings. */
bool drill_prepare(struct drill *self, GError **error);

/*
 * Moves the group here, follows it until it is served and new locks are granted, verifies the
 * locks, and moves the group back if asked to. The location constraint is always removed, even
 * after an error or a signal. Errors: failed, timeout.
 */
bool drill_run(struct drill *self, GError **error);

void drill_clear(struct drill *self);

#endif
