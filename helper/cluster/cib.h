/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CLUSTER_CIB_H
#define LOCKFERRY_CLUSTER_CIB_H

/*
 * What the cluster's configuration says of resources. It is read by cib_reader.h; cib_relations.h
 * has what it says of their order and places. Pure.
 *
 * References (id-ref), tags and templates are followed, as Pacemaker follows them. Rules are not
 * judged, as they hold at some times and on some nodes only: each value that they may set is kept.
 * A "no" of cib_is_before() and cib_is_together() means that nothing was found.
 */

#include <glib.h>
#include <stdbool.h>

/* A primitive. All is owned. */
typedef struct cib_resource {
	char *id;
	char *agent;            /* "ocf:heartbeat:IPaddr2", "systemd:nfs-server" */
	char *group;            /* the group that it is in; NULL: none */
	char *clone;            /* the clone or bundle that it or its group is in; NULL: none */
	char *template_id;      /* NULL: none */
	GHashTable *parameters; /* of strings; with those of its template, group and clone */
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
	/* For cib.c, cib_reader.c and cib_relations.c alone: */
	GHashTable *orders, *places, *clones, *sources, *tags, *metas;
} cib;

/* One that says nothing, for cib_reader.c to fill. */
cib *cib_new(void);
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

/* A property of the cluster; NULL when it is not set. */
const char *cib_property(const cib *self, const char *name);

/* A resource's meta attribute: its own, or its template's, its group's, its clone's, or the default
 * for all; also where only a rule sets it. NULL: not set, or set to nothing. */
const char *cib_meta(const cib *self, const cib_resource *resource, const char *name);

/* Whether Pacemaker takes that for true, as far as "true", "yes", "on", "y" and "1" go. */
bool cib_is_true(const char *value);

/* For cib_reader.c. A meta attribute is set: that of `owner`, or the default for all, whose owner
 * is "", or a property of the cluster. Of several the first one counts. */
#define CIB_CLUSTER "#cluster" /* no id begins so */
void cib_add_meta(cib *self, const char *owner, const char *name, const char *value);

#endif
