/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_NODE_H
#define LOCKFERRY_TESTS_SIM_NODE_H

/*
 * A node: its boot, its clocks, its filesystems, and models of its kernel and its rpc.statd.
 *
 * The model of lockd: its grace period begins when it starts. In the grace period it grants only
 * reclaims, after it only new locks. It monitors a client before it grants the client's first lock.
 * It ends with the NFS server, and then all locks are gone. Source: docs/architecture.md and the
 * kernel code on which that is based, fs/lockd.
 */

#include "cluster.h"
#include "disk.h"
#include "scheduler.h"

/* What a client asks the lock manager for. */
enum lock_request { LOCK_NEW, LOCK_RECLAIM, LOCK_UNLOCK };

enum lock_answer {
	LOCK_GRANTED,
	LOCK_DENIED,   /* another client has the lock */
	LOCK_IN_GRACE, /* try again later */
	LOCK_REFUSED,  /* a reclaim outside the grace period */
};

struct held {
	struct nfs_client *client;
	struct service_group *group;
	guint file;    /* number of the file in its group, from 0 */
	guint address; /* the address by which it was taken */
	gint64 taken_us;
};

struct node {
	char *name;
	guint number;
	bool up;
	bool isolated; /* cut off from the cluster; clients still reach it */
	guint boots;
	char boot_id[40];
	char published_boot[40];  /* the boot id that Pacemaker knows; empty: none */
	gint64 uptime_at_zero_us; /* what its clocks show at virtual time 0 */
	gint64 wall_at_zero_us;
	gint64 boot_us; /* in virtual time */

	struct volume *root;      /* sm, and everything else that survives a boot */
	struct volume *run;       /* the run directory; a boot empties it */
	struct volume *namespace; /* the mounts, by name */

	/* The kernel's NFS server. */
	guint threads;
	guint lockd_pid; /* 0: no lockd */
	gint64 lockd_began_us;
	gint64 grace_ends_us;
	bool grace_ended_early;
	gint64 grace_end_us; /* when it was ended early */
	gint64 v4_grace_ends_us;
	GPtrArray *locks;     /* of owned struct held */
	GPtrArray *monitored; /* of struct nfs_client; those that lockd has monitored */

	/* rpc.statd. */
	guint statd_pid; /* 0: no statd */
	gint64 statd_began_us;
	GQueue statd_queue; /* of owned struct monitoring */
	bool statd_busy;
	struct actor *daemons; /* what runs here besides groups; owned by the cluster */
	guint next_pid;
	guint next_cookie;
};

struct node *node_new(guint number);
void node_free(struct node *self);

/* The power comes back. statd runs, and the NFS server as well if it belongs to the node. */
void node_boot(struct node *self);
/* The power goes. The caller first kills what runs on the node. */
void node_cut(struct node *self);

void node_mount(struct node *self, const struct service_group *group);
void node_unmount(struct node *self, const struct service_group *group);
bool node_has_mounted(const struct node *self, const struct service_group *group);

/* Whether lockd's grace period runs, or nfsd's for NFSv4. Reclaims are granted in both, new locks
 * in neither. */
bool node_grace_runs(const struct node *self);
bool node_lockd_grace_runs(const struct node *self);
void node_start_server(struct node *self, guint threads);
void node_stop_server(struct node *self);
void node_restart_statd(struct node *self);
void node_drop_locks_of(struct node *self, const struct service_group *group);

/* A client's request that has reached the node. `answer` is called once, maybe later; never if
 * there is no answer. */
struct lock_call {
	struct nfs_client *client;
	struct service_group *group;
	guint file;
	guint address;
	enum lock_request what;
	void (*answer)(struct lock_call *self, enum lock_answer answer);
	guint attempt;         /* the attempt of the client's claim */
	const struct node *at; /* the node that it reached */
};
void node_take_call(struct node *self, struct lock_call *call);

/* A client reports that it restarted: all its locks are dropped. */
void node_hear_restart(struct node *self, struct nfs_client *client);

/* The lock on this file; NULL: none. */
const struct held *node_lock(
	const struct node *self, const struct service_group *group, guint file);

/* lockd forgets clients without locks. */
void node_forget_idle(struct node *self);

/* For generated files (files.c): the contents of a kernel file, and what happens when it is
 * written. NULL: no such file. The caller frees the text. */
char *node_kernel_file(struct node *self, const char *path);
bool node_write_kernel_file(struct node *self, const char *path, const char *text);

#endif
