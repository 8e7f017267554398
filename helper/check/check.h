/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CHECK_CHECK_H
#define LOCKFERRY_CHECK_CHECK_H

/*
 * Is this node ready to serve and to adopt? One function a subject, each in a file of its name,
 * each adding what it finds. They only look; in whatever order.
 */

#include "check/findings.h"
#include "lockd/kernel.h"

/* What is looked at. All is borrowed. */
struct check {
	const struct kernel *kernel;
	/* What was told of the group. */
	const char *group;            /* NULL: not told */
	const char *store;            /* NULL: not told */
	const char *const *addresses; /* never NULL */
	const char *const *exports;   /* never NULL */
	const char *sm_dir;           /* statd's; NULL: found by itself */
};

void check_nfs_server(const struct check *self, struct findings *findings);
void check_statd(const struct check *self, struct findings *findings);
void check_grace(const struct check *self, struct findings *findings);
void check_mounts(const struct check *self, struct findings *findings);
void check_notifiers(const struct check *self, struct findings *findings);
void check_fencing(const struct check *self, struct findings *findings);
void check_identity(const struct check *self, struct findings *findings);
void check_group_store(const struct check *self, struct findings *findings);

#endif
