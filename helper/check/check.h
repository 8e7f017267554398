/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CHECK_CHECK_H
#define LOCKFERRY_CHECK_CHECK_H

/*
 * Checks whether this node is ready to serve a group and to adopt one. Each subject is one
 * function, in a file of its own name, and adds its findings. The functions change nothing, and may
 * run in any order.
 */

#include "check/findings.h"
#include "cluster/cib.h"
#include "kernel/kernel.h"

/* What to check. All members are borrowed. */
struct check {
	const struct kernel *kernel;
	const cib *cluster; /* its configuration; NULL: could not be read */
	const char *root;   /* directory with /etc, /run, /usr and /var */
	/* The group, as given on the command line. */
	const char *group;            /* NULL: not given */
	const char *store;            /* NULL: not given */
	const char *const *addresses; /* never NULL */
	const char *const *names;     /* names by which clients mount; never NULL */
	const char *const *exports;   /* never NULL */
	const char *sm_dir;           /* statd's directory; NULL: find it */
};

/* Whether `locks`, an nfslock resource, must be checked: it belongs to the given group, or no group
 * was given. */
bool check_concerns(const struct check *self, const cib_resource *locks);

void check_nfs_server(const struct check *self, struct findings *findings);
void check_versions(const struct check *self, struct findings *findings);
void check_statd(const struct check *self, struct findings *findings);
void check_grace(const struct check *self, struct findings *findings);
/* For check_statd(), which reads the records: adds a finding about clients that cannot be notified
 * after a failover (nsm/hosts.h). */
void check_untold(const GPtrArray *mon_names, struct findings *findings);
/* For check_identity(): finds where a valid name that is not a node's name leads, according to the
 * resolver. Returns false if the resolver did not answer within some seconds. */
bool check_name_leads(const struct check *self, const char *name, struct findings *findings);
/* For check_statd(), which knows how many clients there are. */
void check_grace_for(const struct check *self, guint clients, struct findings *findings);
void check_mounts(const struct check *self, struct findings *findings);
void check_notifiers(const struct check *self, struct findings *findings);
void check_fencing(const struct check *self, struct findings *findings);
void check_identity(const struct check *self, struct findings *findings);
void check_exports(const struct check *self, struct findings *findings);
void check_group_store(const struct check *self, struct findings *findings);
void check_resource_place(const struct check *self, struct findings *findings);
void check_resource_settings(const struct check *self, struct findings *findings);
/* For groups with an NFS server of their own (nfsgroup resources): what they need of the cluster's
 * configuration, and of this node. */
void check_own_servers(const struct check *self, struct findings *findings);
void check_own_server_node(const struct check *self, struct findings *findings);
/* How clients reach these groups: the network interface, the kind of link, the firewall. */
void check_own_server_access(const struct check *self, struct findings *findings);
/* For check_own_server_node(): the modules of the kernel that their links need, of const char *;
 * the caller unrefs it. */
GPtrArray *check_link_modules(const struct check *self);
/* For both of these: whether a program is on this node. */
bool check_has_program(const struct check *self, const char *name);
/* What two groups must not have in common: two resources, or the given group and a resource. */
void check_shared_parameters(const struct check *self, struct findings *findings);

#endif
