/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_NODE_H
#define LOCKFERRY_TESTS_SIM_NODE_H

/*
 * A node: its boot, its clocks, its filesystems, and models of what its kernel and rpc.statd do.
 *
 * lockd: one grace period, which begins as it starts; it grants a reclaim in it and a new lock
 * after it; it monitors a client when it first asks for a lock, and looks whether it may have it
 * after that (fs/lockd/svc4proc.c, nlm4svc_retrieve_args); locks of one file exclude each other
 * where they overlap and one of them is for writing; it goes with the NFS server, and with it go
 * all locks. Source: docs/architecture.md, and what MECHANICS there rests on: fs/lockd.
 */

#include "cluster.h"
#include "disk.h"
#include "scheduler.h"

/* The process id of lockd where other groups' servers keep it; and the socket on which the server
 * listens, a new one for each start: this number and lockd_pid. */
#define SIM_SHARED_LOCKD 60
#define SIM_FIRST_SOCKET 900000

/* What a client asks the lock manager for. */
enum lock_request { LOCK_NEW, LOCK_RECLAIM, LOCK_UNLOCK };

enum lock_answer {
	LOCK_GRANTED,
	LOCK_DENIED,   /* somebody has it */
	LOCK_IN_GRACE, /* later */
	LOCK_REFUSED,  /* a reclaim outside grace */
};

/* The part of a file that is locked, and how. */
enum lock_part { LOCK_WHOLE, LOCK_FIRST_PART, LOCK_SECOND_PART, LOCK_PARTS };
struct lock_kind {
	enum lock_part part;
	bool shared; /* for reading */
};
bool lock_kinds_conflict(const struct lock_kind *a, const struct lock_kind *b);

struct held {
	struct nfs_client *client;
	struct service_group *group;
	guint file; /* of the group's: 0 on */
	struct lock_kind kind;
	guint address; /* by which it was taken */
	gint64 taken_us;
};

struct node {
	char *name;
	guint number;
	bool up;
	bool isolated; /* from the cluster; clients still reach it */
	guint boots;
	char boot_id[40];
	char published_boot[40];  /* as Pacemaker knows it; empty: not */
	gint64 uptime_at_zero_us; /* what its clocks show when virtual time is 0 */
	gint64 wall_at_zero_us;
	gint64 boot_us; /* virtual */

	struct volume *root;      /* sm, and what else stays */
	struct volume *run;       /* the run directory, which a boot empties */
	struct volume *namespace; /* what is mounted, by name */

	/* The kernel's NFS server. */
	guint threads;
	guint lockd_pid; /* 0: there is none */
	gint64 lockd_began_us;
	gint64 grace_ends_us;
	bool grace_ended_early;
	gint64 grace_end_us; /* when that was */
	gint64 v4_grace_ends_us;
	GPtrArray *locks;     /* of owned struct held */
	GPtrArray *monitored; /* of struct nfs_client: lockd has them monitored */

	/* rpc.statd. */
	guint statd_pid; /* 0 */
	gint64 statd_began_us;
	GQueue statd_queue; /* of owned struct monitoring */
	bool statd_busy;
	struct actor *daemons; /* what runs there beside groups; owned by the cluster */
	guint next_pid;
	guint next_cookie;
};

struct node *node_new(guint number);
void node_free(struct node *self);

/* Power comes back; statd runs, and the NFS server where it is the node's. */
void node_boot(struct node *self);
/* Power goes. What runs there is killed by the caller first. */
void node_cut(struct node *self);

void node_mount(struct node *self, const struct service_group *group);
void node_unmount(struct node *self, const struct service_group *group);
bool node_has_mounted(const struct node *self, const struct service_group *group);

/* lockd's grace period, or nfsd's for NFSv4: reclaims are granted in both, new locks in none. */
bool node_grace_runs(const struct node *self);
bool node_lockd_grace_runs(const struct node *self);
void node_start_server(struct node *self, guint threads);
/* With grace periods of that length. */
void node_start_server_for(struct node *self, guint threads, guint grace_s);
void node_stop_server(struct node *self);
void node_restart_statd(struct node *self);
void node_drop_locks_of(struct node *self, const struct service_group *group);

/* A client's request, which is at the node now. `answer` is called once, maybe later; not at all
 * where no answer comes. */
struct lock_call {
	struct nfs_client *client;
	struct service_group *group;
	guint file;
	struct lock_kind kind;
	guint address;
	enum lock_request what;
	void (*answer)(struct lock_call *self, enum lock_answer answer);
	guint attempt;         /* the client's */
	const struct node *at; /* where it came */
	guint boots;           /* of that node, then */
};
void node_take_call(struct node *self, struct lock_call *call);

/* A client says that it restarted: what it held is gone. */
void node_hear_restart(struct node *self, struct nfs_client *client);

/* That of a client, which has one in a file at most. NULL: it has none there. */
const struct held *node_lock(const struct node *self, const struct service_group *group, guint file,
	const struct nfs_client *client);

/* lockd has no use for clients without locks. */
void node_forget_idle(struct node *self);

/* Of generated files (files.c): the contents of a file of the kernel's, NULL: there is none; and
 * what is written there. The caller frees it. */
char *node_kernel_file(struct node *self, const char *path);
bool node_write_kernel_file(struct node *self, const char *path, const char *text);

#endif
