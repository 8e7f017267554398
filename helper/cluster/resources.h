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

/* The resource that brings that address, in numbers; false for any other one. */
bool resource_is_address(const cib_resource *self, const char *address);

bool resource_is_filesystem(const cib_resource *self);
bool resource_is_export(const cib_resource *self);
bool resource_is_server(const cib_resource *self);

/* Whether `path` is `dir` or below it. */
bool path_is_in(const char *path, const char *dir);

/* Whether both are the same address, in numbers. */
bool same_address(const char *one, const char *other);

/* Whether it has to be started before that nfslock resource: its group's filesystems and exports,
 * and its server. */
bool resource_is_below(const cib *cluster, const cib_resource *self, const cib_resource *locks);

#endif
