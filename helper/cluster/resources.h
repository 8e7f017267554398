/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CLUSTER_RESOURCES_H
#define LOCKFERRY_CLUSTER_RESOURCES_H

/* What the resources of a cluster are to Lockferry. Pure. */

#include "cluster/cib.h"

/* An nfslock resource. */
bool resource_is_locks(const cib_resource *self);

/* The name of its service group. */
const char *resource_group(const cib_resource *self);

/* A parameter of it that is a list, with blanks or commas in between; empty when it is not set. The
 * caller frees it. */
char **resource_list(const cib_resource *self, const char *name);

/* The resource that brings that address, in numbers, or may bring it where a rule says so; false
 * for any other one. */
bool resource_is_address(const cib_resource *self, const char *address);

bool resource_is_filesystem(const cib_resource *self);
bool resource_is_export(const cib_resource *self);
bool resource_is_server(const cib_resource *self);
bool resource_is_storage(const cib_resource *self); /* what a filesystem is on */
bool resource_is_mover(const cib_resource *self);   /* of an address */
bool resource_is_bind(const cib_resource *self);    /* a bind mount */
bool resource_is_unknown(const cib_resource *self); /* it may be any of these */

/* Where a filesystem or pool is mounted; NULL: not known. The caller frees it. */
char *resource_mount_dir(const cib_resource *self);

bool resource_in_group_of(const cib_resource *one, const cib_resource *other);
bool resource_holds_store(const cib_resource *self, const cib_resource *locks);

/* The NFS server of that nfslock resource. */
bool resource_serves(const cib *cluster, const cib_resource *self, const cib_resource *locks);

/* An export outside of its group that leads into its filesystems, by a bind mount. */
bool resource_exports_bound(
	const cib *cluster, const cib_resource *self, const cib_resource *locks);

/* Whether both are the same address, in numbers. */
bool same_address(const char *one, const char *other);

/* Whether it has to be started before that nfslock resource: its group's filesystems, storage and
 * exports, and its server. */
bool resource_is_below(const cib *cluster, const cib_resource *self, const cib_resource *locks);

#endif
