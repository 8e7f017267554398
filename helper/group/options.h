/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_GROUP_OPTIONS_H
#define LOCKFERRY_GROUP_OPTIONS_H

/* What a group's process is told: the options of `lockferry serve`. Lists are NULL-terminated,
 * never NULL. */

#include "kernel/kernel.h"

#include <stdbool.h>

/* How clients of a group that is taken over get a grace period to reclaim their locks in. */
enum grace_source {
	GRACE_SOURCE_AUTO,          /* in the one that runs, else restart the lock manager */
	GRACE_SOURCE_RUNNING,       /* in the one that runs, else not at all */
	GRACE_SOURCE_RESTART_LOCKD, /* restart it, with the NFS server as it was */
	GRACE_SOURCE_RESTART_NFS,   /* restart the NFS server, as nfs.conf has it */
};

/* "auto", "running", "restart-lockd" or "restart-nfs". Error: usage. */
bool grace_source_from_name(const char *name, enum grace_source *source, GError **error);

struct group_options {
	const char *group;
	const char *node;    /* this node, as the cluster names it */
	const char *store;   /* the store's directory */
	const char *backend; /* NULL: what the store is, or the default */
	const char *const *addresses;
	const char *const *names;   /* by which clients know the server, beside its addresses */
	const char *const *exports; /* directories; empty: the store's filesystem is the group's */
	const char *sm_dir;  /* statd's; handover_without_process() finds it by itself where this is
				NULL */
	const char *run_dir; /* for the control socket */
	const char *metrics; /* the directory for the file with metrics; NULL: none are wanted */
	guint record_timeout_ms; /* how long at most a client's first lock waits for its record */
	guint deletion_delay_s; /* how long a record's file must have been away before it leaves the
				   store */
	enum grace_source grace;
	guint grace_s; /* how long the grace periods of the group's own server are; 0: as long as
			  its clients need (grace_length.h) */
	guint lease_s; /* NFSv4's, of that server; 0: it does not serve NFSv4 */
	bool early_grace_end; /* end the grace period when every lock noted at a clean handover is
				 back */
	bool require_fencing; /* of an owner that didn't release the group */
	gint64 evidence_until_us; /* how long to wait for proof that an owner is gone, monotonic; 0:
				     not at all */
	bool own_server;     /* the NFS server is the group's own: its keeper starts and stops it
				(server/server.h) */
	bool unlock_on_stop; /* drop the locks held here when the group leaves */
	struct kernel kernel;
};

#endif
