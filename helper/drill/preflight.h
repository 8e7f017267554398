/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_DRILL_PREFLIGHT_H
#define LOCKFERRY_DRILL_PREFLIGHT_H

/* Judges whether the state of the cluster allows a drill. Pure. */

#include "drill/plan.h"

struct preflight_question {
	const cib *configuration;
	const crm_mon *cluster;
	const struct plan *plan;
	const char *group;
	bool fence; /* the drill will fence the node that has the group */
};

/* The reasons against a drill, each a text with its cure; empty if there is none. The caller unrefs
 * it. */
GPtrArray *preflight_judge(const struct preflight_question *self);

/* The name of the attribute in which the group's nfslock reports its state; the caller frees it. */
char *preflight_attribute(const char *group);

#endif
