/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CLUSTER_CRM_MON_H
#define LOCKFERRY_CLUSTER_CRM_MON_H

/*
 * The state of the cluster, as the cluster reports it. Pure. Source: the output of `crm_mon
 * --output-as=xml`, by Pacemaker's crm_mon-2.25.rng and the schemas that it includes. A value that
 * is missing there is false or "".
 */

#include <glib.h>
#include <stdbool.h>

typedef struct crm_mon_node {
	char *name;
	bool online, standby, maintenance, pending, unclean, shutdown;
} crm_mon_node;

/* An instance of a primitive; a clone has several of the same id. */
typedef struct crm_mon_resource {
	char *id;
	char *role;        /* "Started", "Stopped", "Stopping", "Promoted" ... */
	char *target_role; /* the role that the configuration asks for; "": none */
	char *pending;     /* the change in progress; "": none */
	bool active, failed, blocked, managed, orphaned, cloned;
	GPtrArray *nodes; /* names of the nodes on which it runs */
} crm_mon_resource;

/* An action that failed and was not cleaned up since. */
typedef struct crm_mon_failure {
	char *action; /* "nfs_locks_monitor_10000" */
	char *node;
	int status; /* 190: degraded, which is not a failure of the resource */
} crm_mon_failure;

typedef struct crm_mon {
	bool has_dc, quorum, maintenance, stopped, fencing;
	char *version;          /* the DC; "": none */
	GPtrArray *nodes;       /* of crm_mon_node */
	GPtrArray *resources;   /* of crm_mon_resource */
	GPtrArray *failures;    /* of crm_mon_failure */
	GHashTable *attributes; /* private to crm_mon_attribute() */
} crm_mon;

/* NULL with `error` (failed) if the text is not such output. */
crm_mon *crm_mon_parse(const char *text, gsize length, GError **error);
void crm_mon_free(crm_mon *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(crm_mon, crm_mon_free)

/* A node's attribute; NULL if it has none of that name. */
const char *crm_mon_attribute(const crm_mon *self, const char *node, const char *name);

/* The first instance of the resource with that id; NULL if there is none. */
const crm_mon_resource *crm_mon_find(const crm_mon *self, const char *id);

/* Whether the resource is active on that node. */
bool crm_mon_runs(const crm_mon *self, const char *id, const char *node);

#endif
