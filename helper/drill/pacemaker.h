/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_DRILL_PACEMAKER_H
#define LOCKFERRY_DRILL_PACEMAKER_H

/*
 * What a drill asks of Pacemaker, and tells it, by Pacemaker's own programs. What they say on
 * standard error is let through. Errors, where nothing else is told: not installed, timeout,
 * failed.
 */

#include "cluster/crm_mon.h"

/* How long one of those programs is waited for: nodes that are about to fail over are busy. */
#define PACEMAKER_PATIENCE_MS 15000

/* This node, as the cluster names it; the caller frees it. Error: not running. */
char *pacemaker_node_name(GError **error);

/* Error: also not running. */
crm_mon *pacemaker_crm_mon(GError **error);

/*
 * Move `unit` to `node`. The location constraint that does it goes by itself after `lifetime_s`,
 * should nobody live to take it away; pacemaker_clear() does that, and it is no error if none is
 * left.
 */
bool pacemaker_move(const char *unit, const char *node, guint lifetime_s, GError **error);
bool pacemaker_clear(const char *unit, GError **error);

/* Have `node` fenced, and wait for that for as long as `timeout_s`. */
bool pacemaker_fence(const char *node, guint timeout_s, GError **error);

#endif
