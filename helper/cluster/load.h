/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CLUSTER_LOAD_H
#define LOCKFERRY_CLUSTER_LOAD_H

#include "cluster/cib.h"
#include "cluster/crm_mon.h"

/*
 * The cluster's configuration as this node has it, from cibadmin(8), or from `file` if it is not
 * NULL. Waits for up to `patience_ms`. The caller frees it. Returns NULL with `error`: not
 * installed (there is no cibadmin), timeout, failed.
 */
cib *cluster_load(const char *file, guint patience_ms, GError **error);

/* The state of the cluster, from crm_mon(8). Waits for up to `patience_ms`. The caller frees it.
 * Returns NULL with `error`: not installed, timeout, failed, and not running (the cluster does not
 * run here). */
crm_mon *cluster_look(guint patience_ms, GError **error);

#endif
