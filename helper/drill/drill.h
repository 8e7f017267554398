/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_DRILL_DRILL_H
#define LOCKFERRY_DRILL_DRILL_H

/*
 * A failover drill, on the node that will adopt the group.
 *
 * Fill the inputs -> drill_prepare(), which changes nothing -> drill_run() -> the outputs ->
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
	guint timeout_s; /* for each move */
	/* Shows progress. A `passing` line is temporary: the next one replaces it. */
	void (*say)(bool passing, const char *text);

	/* Outputs of drill_prepare(). */
	cib *configuration;
	crm_mon *cluster; /* the latest */
	char *version;    /* of Pacemaker */
	struct plan plan;
	GPtrArray *findings; /* reasons against a drill: texts, with their cures */

	/* Outputs of drill_run(), as far as it came. */
	gint64 began_s, ended_s; /* since the epoch */
	struct timeline outbound, inbound;
	bool went_back;     /* monotonic time of the order */
	JsonObject *status; /* the last status of the group's process before the way back; or
			     * NULL */
	struct verification found;
	bool verified;      /* `found` is filled */
	GError *unverified; /* why it is not */
	char *attribute;    /* the attribute of the node that it was moved back to; or NULL */

	/* Private. */
	char **exports;
	gint64 ordered_us;
};

/* Errors: those of cluster_load(), pacemaker_crm_mon() and plan_make(); not installed if there are
 * findings. */
bool drill_prepare(struct drill *self, GError **error);

/*
 * Move the group here, follow it until it is served and new locks are granted, verify the locks,
 * and move it back if asked to. The location constraint is always removed, even after an error or a
 * signal. Errors: failed, timeout.
 */
bool drill_run(struct drill *self, GError **error);

void drill_clear(struct drill *self);

#endif
