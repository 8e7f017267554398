/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_DRILL_DRILL_H
#define LOCKFERRY_DRILL_DRILL_H

/*
 * A failover drill, on the node that is to adopt the group.
 *
 * Fill the inputs -> drill_prepare(), which only looks -> drill_run() -> the outputs ->
 * drill_clear(), in any case.
 */

#include "drill/preflight.h"
#include "drill/timeline.h"
#include "verify/verification.h"

#include <json-glib/json-glib.h>

struct drill {
	const struct kernel *kernel;
	const char *run_dir, *group;
	bool fence, move_back;
	guint timeout_s; /* for each way */
	/* Progress. A `passing` line is of this moment only, and the next takes its place. */
	void (*say)(bool passing, const char *text);

	/* Out, of drill_prepare(). */
	cib *configuration;
	crm_mon *cluster; /* the latest */
	char *version;    /* of Pacemaker */
	struct plan plan;
	GPtrArray *findings; /* what is in the way: texts, with their cures */

	/* Of drill_run(), as far as it came. */
	gint64 began_s, ended_s; /* since the epoch */
	struct timeline outbound, inbound;
	bool went_back;     /* it was ordered to */
	JsonObject *status; /* what the group's process told last, before any move back; or NULL */
	struct verification found;
	bool verified;      /* `found` has been filled */
	GError *unverified; /* why it has not */
	char *attribute;    /* of the node that it was moved back to; or NULL */

	/* Its own. */
	char **exports;
	gint64 ordered_us;
};

/* Errors: those of cluster_load(), pacemaker_crm_mon() and plan_make(); not installed with
 * findings.
 */
bool drill_prepare(struct drill *self, GError **error);

/*
 * Move the group here, follow it until it is served and new locks are granted, and verify; and
 * back. The location constraint is taken away however this ends, also by a signal. Errors: failed,
 * timeout.
 */
bool drill_run(struct drill *self, GError **error);

void drill_clear(struct drill *self);

#endif
