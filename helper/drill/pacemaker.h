/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_DRILL_PACEMAKER_H
#define LOCKFERRY_DRILL_PACEMAKER_H

/* The queries and orders of a drill to Pacemaker, through Pacemaker's own programs. Their standard
 * error is passed on. Errors, unless stated otherwise: not installed, timeout, failed. */

#include "cluster/crm_mon.h"

/* How long to wait for one of these programs; nodes that are failing over are busy. */
#define PACEMAKER_PATIENCE_MS 15000

/* The cluster's name of this node; the caller frees it. Error: not running. */
char *pacemaker_node_name(GError **error);

/* The state of the cluster; the caller frees it. Errors: also not running. */
crm_mon *pacemaker_crm_mon(GError **error);

/*
 * Orders `unit` to move to `node`. The location constraint for this expires after `lifetime_s`, in
 * case this process dies. pacemaker_clear() removes the constraint, and succeeds if there is none.
 */
bool pacemaker_move(const char *unit, const char *node, guint lifetime_s, GError **error);
bool pacemaker_clear(const char *unit, GError **error);

/* Has `node` fenced, and waits for that for up to `timeout_s`. */
bool pacemaker_fence(const char *node, guint timeout_s, GError **error);

#endif
