/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CLUSTER_VIEW_H
#define LOCKFERRY_CLUSTER_VIEW_H

/*
 * The cluster as it sees itself. Pure: text in, answers out. Source: what `crm_mon --output-as=xml`
 * prints, by Pacemaker's crm_mon-2.25.rng and the schemas that it includes. What is not told there
 * counts as well: false is false, and a text is "".
 */

#include <glib.h>
#include <stdbool.h>

typedef struct view_node {
	char *name;
	bool online, standby, maintenance, pending, unclean, shutdown;
} view_node;

/* An instance of a primitive; a clone has several of the same id. */
typedef struct view_resource {
	char *id;
	char *role;        /* "Started", "Stopped", "Stopping", "Promoted" ... */
	char *target_role; /* what the configuration asks for; "": nothing */
	char *pending;     /* the change that is under way; "": none */
	bool active, failed, blocked, managed, orphaned, cloned;
	GPtrArray *nodes; /* names of those that have it */
} view_resource;

/* An action that failed, and was not cleaned up since. */
typedef struct view_failure {
	char *action; /* "nfs_locks_monitor_10000" */
	char *node;
	int status; /* 190: degraded, which is no failure of the resource */
} view_failure;

typedef struct cluster_view {
	bool has_dc, quorum, maintenance, stopped, fencing;
	char *version;          /* of the controller that decides; "": none does */
	GPtrArray *nodes;       /* of view_node */
	GPtrArray *resources;   /* of view_resource */
	GPtrArray *failures;    /* of view_failure */
	GHashTable *attributes; /* cluster_view_attribute()'s own */
} cluster_view;

/* NULL with `error` (failed) when that is no such text. */
cluster_view *cluster_view_parse(const char *text, gsize length, GError **error);
void cluster_view_free(cluster_view *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cluster_view, cluster_view_free)

/* A node's attribute; NULL when it has none of that name. */
const char *cluster_view_attribute(const cluster_view *self, const char *node, const char *name);

/* The resource of that id, the first instance; NULL when there is none. */
const view_resource *cluster_view_find(const cluster_view *self, const char *id);

/* Whether it is active on that node, which is up. */
bool cluster_view_runs(const cluster_view *self, const char *id, const char *node);

#endif
