/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_DRILL_PLAN_H
#define LOCKFERRY_DRILL_PLAN_H

/* What a drill is to move, from where and to where, by the cluster's configuration and its view of
 * itself. Pure. */

#include "cluster/cib.h"
#include "cluster/crm_mon.h"

struct plan {
	const cib_resource *locks; /* the group's nfslock; borrowed from the configuration */
	const char *unit;          /* what is moved: its Pacemaker group, or itself; likewise */
	GPtrArray *members;        /* ids of what is in it; owned, the ids borrowed */
	GPtrArray *addresses;      /* ids of the resources of the group's addresses; likewise */
	char *source;              /* the node that serves the group */
	char *target;              /* this node, which is to adopt it */
};

/*
 * Fill `self`; to be cleared by plan_clear() in any case. Errors: not configured when there is no
 * such group, or more than one; not running when `here` is no member of the cluster; argument when
 * the group is on `here` already; not installed when it is on no node or several.
 */
bool plan_make(struct plan *self, const cib *configuration, const crm_mon *cluster,
	const char *group, const char *here, GError **error);
void plan_clear(struct plan *self);

/* Whether all of it runs on that node, and nothing of it is under way. */
bool plan_is_settled(const struct plan *self, const crm_mon *cluster, const char *node);

#endif
