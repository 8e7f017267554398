/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_REHEARSAL_HEALTH_H
#define LOCKFERRY_REHEARSAL_HEALTH_H

/* Whether the cluster is well enough for a drill. Pure. */

#include "rehearsal/plan.h"

struct health_question {
	const cib *configuration;
	const cluster_view *view;
	const struct plan *plan;
	const char *group;
	bool fence; /* the node that has it is to be fenced */
};

/* What is in the way of a drill: a text each, with its cure. Empty: nothing. The caller unrefs it.
 */
GPtrArray *health_judge(const struct health_question *self);

/* The attribute by which the group's nfslock tells what it is at; the caller frees it. */
char *health_attribute(const char *group);

#endif
