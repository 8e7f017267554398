/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CLUSTER_LOAD_H
#define LOCKFERRY_CLUSTER_LOAD_H

#include "cluster/cib.h"
#include "cluster/crm_mon.h"

/*
 * The cluster's configuration as this node has it, by cibadmin(8); or out of `file`,
 * where that is not NULL. Either is waited for up to `patience_ms`. The caller frees it. NULL with
 * `error`: not installed (there is no cibadmin), timeout, failed.
 */
cib *cluster_load(const char *file, guint patience_ms, GError **error);

/* The cluster as it sees itself, by crm_mon(8), which is waited for up to `patience_ms`. Errors:
 * the same, and not running. The caller frees it. */
crm_mon *cluster_look(guint patience_ms, GError **error);

#endif
