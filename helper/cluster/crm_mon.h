/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CLUSTER_CRM_MON_H
#define LOCKFERRY_CLUSTER_CRM_MON_H

/*
 * The cluster as it sees itself. Pure: text in, answers out. Source: what `crm_mon --output-as=xml`
 * prints, by Pacemaker's crm_mon-2.25.rng and the schemas that it includes. What is not told there
 * counts as well: false is false, and a text is "".
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
	char *target_role; /* what the configuration asks for; "": nothing */
	char *pending;     /* the change that is under way; "": none */
	bool active, failed, blocked, managed, orphaned, cloned;
	GPtrArray *nodes; /* names of those that have it */
} crm_mon_resource;

/* An action that failed, and was not cleaned up since. */
typedef struct crm_mon_failure {
	char *action; /* "nfs_locks_monitor_10000" */
	char *node;
	int status; /* 190: degraded, which is no failure of the resource */
} crm_mon_failure;

typedef struct crm_mon {
	bool has_dc, quorum, maintenance, stopped, fencing;
	char *version;          /* of the controller that decides; "": none does */
	GPtrArray *nodes;       /* of crm_mon_node */
	GPtrArray *resources;   /* of crm_mon_resource */
	GPtrArray *failures;    /* of crm_mon_failure */
	GHashTable *attributes; /* crm_mon_attribute()'s own */
} crm_mon;

/* NULL with `error` (failed) when that is no such text. */
crm_mon *crm_mon_parse(const char *text, gsize length, GError **error);
void crm_mon_free(crm_mon *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(crm_mon, crm_mon_free)

/* A node's attribute; NULL when it has none of that name. */
const char *crm_mon_attribute(const crm_mon *self, const char *node, const char *name);

/* The resource of that id, the first instance; NULL when there is none. */
const crm_mon_resource *crm_mon_find(const crm_mon *self, const char *id);

/* Whether it is active on that node, which is up. */
bool crm_mon_runs(const crm_mon *self, const char *id, const char *node);

#endif
