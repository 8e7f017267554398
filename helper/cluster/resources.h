/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CLUSTER_RESOURCES_H
#define LOCKFERRY_CLUSTER_RESOURCES_H

/* The role that each resource of a cluster has for Lockferry. Pure. */

#include "cluster/cib.h"

/* Whether it is an nfslock resource. */
bool resource_is_locks(const cib_resource *self);

/* An nfsgroup resource: a group with an NFS server of its own. */
bool resource_is_own_server(const cib_resource *self);

/* One of these two: the resource of a service group. */
bool resource_is_service(const cib_resource *self);

/* The name of its service group. */
const char *resource_group(const cib_resource *self);

/* The directory of its store, of an nfslock or nfsgroup; NULL: not known. The caller frees it. */
char *resource_store(const cib_resource *self);

/* The words of a parameter that is a list, separated by blanks or commas; empty if it is not set.
 * The caller frees it. */
char **resource_list(const cib_resource *self, const char *name);

/* Whether the resource brings this numeric address, or may bring it by a rule. */
bool resource_is_address(const cib_resource *self, const char *address);

/* Whether the resource only tells the network where an address is, and does not set it on the node.
 */
bool resource_only_tells_network(const cib_resource *self);

bool resource_is_filesystem(const cib_resource *self);
bool resource_is_export(const cib_resource *self);
bool resource_is_server(const cib_resource *self);
bool resource_is_storage(const cib_resource *self); /* provides what a filesystem is on */
bool resource_is_mover(const cib_resource *self);   /* moves an address */
bool resource_is_bind(const cib_resource *self);    /* mounts a directory of another filesystem */
bool resource_is_unknown(const cib_resource *self); /* may be any of these kinds */

/* The mount point of a filesystem or pool; NULL: not known. The caller frees it. */
char *resource_mount_dir(const cib_resource *self);

bool resource_in_group_of(const cib_resource *one, const cib_resource *other);
bool resource_holds_store(const cib_resource *self, const cib_resource *locks);

/* Whether `self` is the NFS server of the nfslock resource `locks`. */
bool resource_serves(const cib *cluster, const cib_resource *self, const cib_resource *locks);

/* Whether `self` is an export outside of the group that leads into the group's filesystems by a
 * bind mount. */
bool resource_exports_bound(
	const cib *cluster, const cib_resource *self, const cib_resource *locks);

/* Whether both texts are the same numeric address. */
bool same_address(const char *one, const char *other);

/* Whether `self` must start before the nfslock resource `locks`: a filesystem, storage or export of
 * the group, or its server. */
bool resource_is_below(const cib *cluster, const cib_resource *self, const cib_resource *locks);

#endif
