/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CLUSTER_CIB_H
#define LOCKFERRY_CLUSTER_CIB_H

/*
 * What the cluster's configuration says about resources. cib_reader.h reads it; cib_relations.h
 * holds their order and places. Pure.
 *
 * References (id-ref), tags and templates are followed as Pacemaker follows them. Rules are not
 * evaluated, because they may apply at some times and on some nodes only: every value that they may
 * set is kept. If cib_is_before() or cib_is_together() is false, nothing was found that makes it
 * true.
 */

#include <glib.h>
#include <stdbool.h>

/* A primitive. All members are owned. */
typedef struct cib_resource {
	char *id;
	char *agent;            /* "ocf:heartbeat:IPaddr2", "systemd:nfs-server" */
	char *group;            /* its group; NULL: none */
	char *clone;            /* the clone or bundle of it or of its group; NULL: none */
	char *template_id;      /* NULL: none */
	GHashTable *parameters; /* name -> value; includes those of its template, group and clone */
	GHashTable *by_rule;    /* values that rules may set; see cib_by_rule() */
} cib_resource;

/* A constraint that crm_resource(8) made for a resource or group, by --move or --ban. All members
 * are owned. */
typedef struct cib_move {
	char *id;
	char *resource;
} cib_move;

/* A location constraint without a rule that keeps a resource, group or clone off a node. */
typedef struct cib_ban {
	char *resource; /* owned */
	char *node;     /* owned */
} cib_ban;

typedef struct cib {
	GPtrArray *resources; /* of cib_resource, in the order of the configuration */
	GPtrArray *moves;     /* of cib_move, in the same order */
	GPtrArray *nodes;     /* their names */
	GPtrArray *bans;      /* of cib_ban */
	char *fencing;        /* the property that cib_fencing_name() returns; NULL: not set */
	bool fencing_is_new;  /* `fencing` is of fencing-enabled, which takes precedence since
				 Pacemaker 3.0.2 */
	/* Only for cib.c, cib_reader.c and cib_relations.c: */
	GHashTable *orders, *places, *clones, *sources, *tags, *metas;
} cib;

/* An empty configuration, for cib_reader.c to fill in. */
cib *cib_new(void);
void cib_free(cib *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cib, cib_free)

/* A parameter's value; NULL if it is not set or empty. */
const char *cib_parameter(const cib_resource *resource, const char *name);

/* Whether a location constraint keeps it, its group or its clone off the node, whatever happens.
 * Constraints with rules, and those that crm_resource(8) made, do not count. */
bool cib_is_banned(const cib *self, const cib_resource *resource, const char *node);

/* The values (char *) that rules may set for a parameter; NULL: no rule sets it. */
const GPtrArray *cib_by_rule(const cib_resource *resource, const char *name);

/* Whether a group's meta attribute "ordered" or "collocated" is on, which is the default. */
bool cib_group_has(const cib *self, const char *group, const char *meta);

/* The name of the property that switches fencing on or off: "fencing-enabled" if it is set
 * (Pacemaker reads it since 3.0.2), otherwise "stonith-enabled". */
const char *cib_fencing_name(const cib *self);

/* Whether fencing is on, which is the default. */
bool cib_fences(const cib *self);

/* A property of the cluster; NULL if it is not set. */
const char *cib_property(const cib *self, const char *name);

/* A resource's meta attribute: its own, that of its template, group or clone, or the default for
 * all resources. A value that only a rule sets counts as well. NULL: not set, or empty. */
const char *cib_meta(const cib *self, const cib_resource *resource, const char *name);

/* Whether the text is true for Pacemaker: "true", "yes", "on", "y" or "1". */
bool cib_is_true(const char *value);

/* For cib_reader.c. Sets a meta attribute of `owner`, or the default for all (owner ""), or a
 * property of the cluster. If it is set several times, the first one counts. */
#define CIB_CLUSTER "#cluster" /* no id begins with this character */
void cib_add_meta(cib *self, const char *owner, const char *name, const char *value);

#endif
