/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_REHEARSAL_REHEARSAL_H
#define LOCKFERRY_REHEARSAL_REHEARSAL_H

/*
 * A failover drill, on the node that is to adopt the group.
 *
 * Fill the inputs -> rehearsal_prepare(), which only looks -> rehearsal_run() -> the outputs ->
 * rehearsal_clear(), in any case.
 */

#include "rehearsal/course.h"
#include "rehearsal/health.h"
#include "service/verification.h"

#include <json-glib/json-glib.h>

struct rehearsal {
	const struct kernel *kernel;
	const char *run_dir, *group;
	bool fence, move_back;
	guint timeout_s; /* for each way */
	/* Progress. A `passing` line is of this moment only, and the next takes its place. */
	void (*say)(bool passing, const char *text);

	/* Out, of rehearsal_prepare(). */
	cib *configuration;
	cluster_view *view; /* the latest */
	char *version;      /* of Pacemaker */
	struct plan plan;
	GPtrArray *findings; /* what is in the way: texts, with their cures */

	/* Of rehearsal_run(), as far as it came. */
	gint64 began_s, ended_s; /* since the epoch */
	struct course there, back;
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

/* Errors: those of cluster_load(), order_view() and plan_make(); not installed with findings. */
bool rehearsal_prepare(struct rehearsal *self, GError **error);

/*
 * Move the group here, follow it until it is served and new locks are granted, and verify; and
 * back. The location constraint is taken away however this ends, also by a signal. Errors: failed,
 * timeout.
 */
bool rehearsal_run(struct rehearsal *self, GError **error);

void rehearsal_clear(struct rehearsal *self);

#endif
