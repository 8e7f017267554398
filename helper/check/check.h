/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CHECK_CHECK_H
#define LOCKFERRY_CHECK_CHECK_H

/*
 * Is this node ready to serve and to adopt? One function a subject, each in a file of its name,
 * each adding what it finds. They only look; in whatever order.
 */

#include "check/findings.h"
#include "cluster/cib.h"
#include "kernel/kernel.h"

/* What is looked at. All is borrowed. */
struct check {
	const struct kernel *kernel;
	const cib *cluster; /* its configuration; NULL: nobody could tell */
	const char *root;   /* where /etc, /run, /usr and /var are */
	/* What was told of the group. */
	const char *group;            /* NULL: not told */
	const char *store;            /* NULL: not told */
	const char *const *addresses; /* never NULL */
	const char *const *names;     /* by which clients mount; never NULL */
	const char *const *exports;   /* never NULL */
	const char *sm_dir;           /* statd's; NULL: found by itself */
};

/* Whether that nfslock resource is one to look at: of the group told, or any. */
bool check_concerns(const struct check *self, const cib_resource *locks);

void check_nfs_server(const struct check *self, struct findings *findings);
void check_versions(const struct check *self, struct findings *findings);
void check_statd(const struct check *self, struct findings *findings);
void check_grace(const struct check *self, struct findings *findings);
/* Of check_statd(), which reads the records: what is said of clients that cannot be told after a
 * failover (nsm/hosts.h). */
void check_untold(const GPtrArray *mon_names, struct findings *findings);
/* Of check_identity(), of a valid name that is no node's: where it leads, as the resolver has it
 * within some seconds. False when that did not answer. */
bool check_name_leads(const struct check *self, const char *name, struct findings *findings);
/* Of check_statd(), which knows how many clients there are. */
void check_grace_for(const struct check *self, guint clients, struct findings *findings);
void check_mounts(const struct check *self, struct findings *findings);
void check_notifiers(const struct check *self, struct findings *findings);
void check_fencing(const struct check *self, struct findings *findings);
void check_identity(const struct check *self, struct findings *findings);
void check_exports(const struct check *self, struct findings *findings);
void check_group_store(const struct check *self, struct findings *findings);
void check_resource_place(const struct check *self, struct findings *findings);
void check_resource_settings(const struct check *self, struct findings *findings);

#endif
