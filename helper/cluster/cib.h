/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CLUSTER_CIB_H
#define LOCKFERRY_CLUSTER_CIB_H

/*
 * What the cluster's configuration says of resources, and of their order and places. Pure: text in,
 * answers out. Source: Pacemaker's cib.rng and the schemas that it includes (resources-*.rng,
 * constraints-*.rng), and "Pacemaker Explained" for what groups and resource sets imply.
 *
 * References (id-ref), tags and templates are followed, as Pacemaker follows them. Rules are not
 * judged, as they hold at some times and on some nodes only: each value that they may set is kept.
 * A "no" of cib_is_before() and cib_is_together() means that nothing was found.
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
	GHashTable *by_rule;    /* those that rules may set: cib_by_rule() */
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
	char *fencing;        /* the property that cib_fencing_name() names; NULL: not set */
	bool fencing_is_new;  /* it is fencing-enabled, which since Pacemaker 3.0.2 wins */
	GHashTable *orders, *places, *clones, *templates, *tags, *loose, *metas; /* cib.c's own */
} cib;

/* NULL with `error` (failed) when that is no XML of a configuration. */
cib *cib_parse(const char *text, gsize length, GError **error);
void cib_free(cib *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cib, cib_free)

/* A parameter's value; NULL when it is not set, or set to nothing. */
const char *cib_parameter(const cib_resource *resource, const char *name);

/* The values (char *) that rules may give a parameter; NULL: no rule sets it. */
const GPtrArray *cib_by_rule(const cib_resource *resource, const char *name);

/* Whether a group's meta attribute "ordered" or "collocated" is on, as it is where not set. */
bool cib_group_has(const cib *self, const char *group, const char *meta);

/* The property by which the cluster fences or does not: "fencing-enabled" where that is set, which
 * Pacemaker reads since 3.0.2, or else "stonith-enabled". */
const char *cib_fencing_name(const cib *self);

/* A resource's meta attribute: its own, or its template's, its group's, its clone's, or the default
 * for all; also where only a rule sets it. NULL: not set, or set to nothing. */
const char *cib_meta(const cib *self, const cib_resource *resource, const char *name);

/* Whether Pacemaker takes that for true, as far as "true", "yes", "on", "y" and "1" go. */
bool cib_is_true(const char *value);

/* Whether `then` starts only when `first` has started, and stops before it: by their group, or by
 * mandatory, symmetrical order constraints, over any number of steps. */
bool cib_is_before(const cib *self, const cib_resource *first, const cib_resource *then);

/* Whether both are always on the same node: by their group, or by colocation constraints with the
 * score INFINITY, over any number of steps. */
bool cib_is_together(const cib *self, const cib_resource *one, const cib_resource *other);

#endif
