/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_GROUP_OPTIONS_H
#define LOCKFERRY_GROUP_OPTIONS_H

/* The options of a group's process: those of `lockferry serve`. Lists are NULL-terminated and
 * never NULL. */

#include "kernel/kernel.h"

#include <stdbool.h>

/* How the clients of a group that was taken over get a grace period in which they reclaim their
 * locks. */
enum grace_source {
	GRACE_SOURCE_AUTO,          /* use the running one, otherwise restart the lock manager */
	GRACE_SOURCE_RUNNING,       /* use the running one, otherwise refuse */
	GRACE_SOURCE_RESTART_LOCKD, /* restart the lock manager, and the NFS server as it was */
	GRACE_SOURCE_RESTART_NFS,   /* restart the NFS server, as nfs.conf describes it */
};

/* `name` is "auto", "running", "restart-lockd" or "restart-nfs". The error is LF_ERROR_USAGE. */
bool grace_source_from_name(const char *name, enum grace_source *source, GError **error);

struct group_options {
	const char *group;
	const char *node;    /* this node, by the name that the cluster uses */
	const char *store;   /* the store's directory */
	const char *backend; /* NULL means the kind of the existing store, or the default */
	const char *const *addresses;
	const char *const *names;   /* names of the server, in addition to its addresses */
	const char *const *exports; /* if empty, the group has the store's filesystem */
	const char *sm_dir;  /* statd's; if NULL, handover_without_process() finds it by itself */
	const char *run_dir; /* for the control socket */
	const char *metrics; /* the directory for the file with metrics; NULL if none is wanted */
	guint record_timeout_ms; /* the longest wait of a client's first lock for its record */
	guint deletion_delay_s; /* how long a record's file must have been missing before the record
				   leaves the store */
	enum grace_source grace;
	guint grace_s; /* how long the grace periods of the group's own server are; 0: as long as
			  its clients need (grace_length.h) */
	guint lease_s; /* NFSv4's, of that server; 0: it does not serve NFSv4 */
	guint hang_timeout_s; /* how long the disk of a group with an own server may hang before
				 that is a problem; 0: it stays a warning */
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
