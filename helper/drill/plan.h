/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_DRILL_PLAN_H
#define LOCKFERRY_DRILL_PLAN_H

/* Finds what a drill moves, from where and to where, in the cluster's configuration and state.
 * Pure. */

#include "cluster/cib.h"
#include "cluster/crm_mon.h"

struct plan {
	const cib_resource *resource; /* the group's nfslock or nfsgroup; borrowed from the
				       * configuration */
	char *store;                  /* the directory of the group's store */
	const char *unit;             /* the resource to move: its Pacemaker group, or itself;
				       * borrowed */
	GPtrArray *members;           /* ids of the resources in it; owned, the ids borrowed */
	GPtrArray *addresses;         /* ids of the resources of the group's addresses; owned, the
				       * ids borrowed. An nfsgroup has its own addresses. */
	char *source;                 /* name of the node that serves the group */
	char *target;                 /* name of this node, which will adopt the group */
};

/*
 * Fills `self`; call plan_clear() in any case. Errors: not configured if there is no such group, or
 * more than one; not running if `here` is not a member of the cluster; argument if the group is
 * already on `here`; not installed if the group is on no node or on several.
 */
bool plan_make(struct plan *self, const cib *configuration, const crm_mon *cluster,
	const char *group, const char *here, GError **error);
void plan_clear(struct plan *self);

/* Whether all resources of the unit run on `node`, and none is changing. */
bool plan_is_settled(const struct plan *self, const crm_mon *cluster, const char *node);

#endif
