/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CLUSTER_CIB_RELATIONS_H
#define LOCKFERRY_CLUSTER_CIB_RELATIONS_H

/* The order and the places of resources in a configuration. cib_reader.c fills them in. The names
 * are those of resources, groups and clones. Pure. */

#include "cluster/cib.h"

/* `then` starts after `first` has started. */
void cib_relate_order(cib *self, const char *first, const char *then);

/* The start of `outer` begins when that of `inner` begins, and ends no earlier. */
void cib_relate_begins(cib *self, const char *outer, const char *inner);
void cib_relate_ends(cib *self, const char *inner, const char *outer);

/* The start of this resource has a beginning and an end. */
void cib_relate_primitive(cib *self, const char *id);

/* Both are on the same node. */
void cib_relate_places(cib *self, const char *one, const char *other);

/* A resource that is with this one may run on any node. */
void cib_relate_clone(cib *self, const char *id);

/* Properties of a resource set that others are ordered after. */
enum cib_set_order {
	CIB_SET_REVERSED = 1, /* it orders stops: the resource that stops first starts last */
	CIB_SET_ANY = 2,      /* the next set waits for only one of its resources */
};

/* The resource is in the set with that number; the set before it has the number before. */
void cib_relate_ordered_set(cib *self, guint set, enum cib_set_order order, const char *id);
void cib_relate_placed_set(cib *self, guint set, const char *id);

/* Whether `then` starts only after `first` has started, and stops before it: by their group, or by
 * mandatory, symmetrical order constraints, over any number of steps. */
bool cib_is_before(const cib *self, const cib_resource *first, const cib_resource *then);

/* Whether both are always on the same node: by their group, or by colocation constraints with the
 * score INFINITY, over any number of steps. */
bool cib_is_together(const cib *self, const cib_resource *one, const cib_resource *other);

#endif
