/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CLUSTER_CIB_H
#define LOCKFERRY_CLUSTER_CIB_H

/*
 * What the cluster's configuration says of resources, and of their order and places. Pure: text in,
 * answers out. Source: Pacemaker's cib.rng and the schemas that it includes (resources-*.rng,
 * constraints-*.rng), and "Pacemaker Explained" for what groups and resource sets imply.
 *
 * Rules, tags and nvpairs by reference are not followed: what is said by them only is not known
 * here. So a "no" of cib_is_before() and cib_is_together() means that nothing was found.
 */

#include <glib.h>
#include <stdbool.h>

/* The longest that is taken; that of a large cluster has one or two megabytes. */
#define CIB_MAX_BYTES (16 * 1024 * 1024)

/* A primitive. All is owned. */
typedef struct cib_resource {
	char *id;
	char *agent;            /* "ocf:heartbeat:IPaddr2", "systemd:nfs-server" */
	char *group;            /* the group that it is in; NULL: none */
	char *clone;            /* the clone or bundle that it or its group is in; NULL: none */
	char *template_id;      /* NULL: none */
	GHashTable *parameters; /* of strings; those of its template are among them */
} cib_resource;

/* A place that crm_resource(8) gave to a resource or group, by --move or --ban. All is owned. */
typedef struct cib_move {
	char *id;
	char *resource;
} cib_move;

typedef struct cib {
	GPtrArray *resources; /* of cib_resource, as they come */
	GPtrArray *moves;     /* of cib_move, likewise */
	GPtrArray *nodes;     /* their names */
	char *fencing;        /* the property stonith-enabled; NULL: not set */
	GHashTable *orders, *places, *clones, *templates; /* cib.c's own */
} cib;

/* NULL with `error` (failed) when that is no XML of a configuration. */
cib *cib_parse(const char *text, gsize length, GError **error);
void cib_free(cib *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cib, cib_free)

/* A parameter's value; NULL when it is not set, or set to nothing. */
const char *cib_parameter(const cib_resource *resource, const char *name);

/* Whether Pacemaker takes that for true, as far as "true", "yes", "on", "y" and "1" go. */
bool cib_is_true(const char *value);

/* Whether `then` starts only when `first` has started, and stops before it: by their group, or by
 * mandatory, symmetrical order constraints, over any number of steps. */
bool cib_is_before(const cib *self, const cib_resource *first, const cib_resource *then);

/* Whether both are always on the same node: by their group, or by colocation constraints with the
 * score INFINITY, over any number of steps. */
bool cib_is_together(const cib *self, const cib_resource *one, const cib_resource *other);

#endif
