/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_DRILL_PREFLIGHT_H
#define LOCKFERRY_DRILL_PREFLIGHT_H

/* Whether the cluster is well enough for a drill. Pure. */

#include "drill/plan.h"

struct preflight_question {
	const cib *configuration;
	const crm_mon *cluster;
	const struct plan *plan;
	const char *group;
	bool fence; /* the node that has it is to be fenced */
};

/* What is in the way of a drill: a text each, with its cure. Empty: nothing. The caller unrefs it.
 */
GPtrArray *preflight_judge(const struct preflight_question *self);

/* The attribute by which the group's nfslock tells what it is at; the caller frees it. */
char *preflight_attribute(const char *group);

#endif
