/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_CLUSTER_H
#define LOCKFERRY_TESTS_SIM_CLUSTER_H

/* A cluster: its nodes, its groups, their clients, and how they are set up in this run. */

#include "group/options.h"

#include <glib.h>
#include <stdbool.h>

#define NODES_MAX 4
#define GROUPS_MAX 3
#define ADDRESSES_MAX 2
#define FILES_PER_GROUP 48

struct node;
struct nfs_client;
struct process;
struct volume;

struct setup {
	guint nodes, groups, clients;
	guint addresses; /* of each group */
	guint grace_s;
	bool own_server;      /* the group has one, which its keeper starts and stops (keeper.c) */
	bool server_in_group; /* the NFS server starts with the group; else the node has one */
	bool shared_disk;     /* a cluster filesystem: every node has it mounted */
	bool unmonitors;      /* the kernel un-monitors clients as the NFS server stops */
	bool nfs4_grace;      /* nfsd's own grace period runs its full length */
	bool callout;         /* statd has one */
	const char *backend;
	guint loss_percent; /* of packets, always */
	guint deletion_delay_s;
	bool early_grace_end;
	bool shared_names; /* some clients have one reverse name, and so one record file */
};

struct service_group {
	char *name;
	guint number;
	char *store, *export;
	char *addresses[ADDRESSES_MAX + 1];
	char *exports[2];
	struct volume *volume;
	struct group_options options;           /* but for the node's */
	struct node *address_at[ADDRESSES_MAX]; /* NULL: nowhere */
	gint64 address_since_us[ADDRESSES_MAX];
	struct pacemaker *pacemaker;
	guint64 epoch;       /* the highest that was written */
	GHashTable *numbers; /* state number -> the recovery that told it (invariants.c) */
	const void *owner;   /* who wrote the state last: an actor */
	GPtrArray *owners;   /* whoever did */
	guint takeovers;
};

struct cluster {
	struct setup setup;
	struct node *nodes[NODES_MAX];
	struct service_group *groups[GROUPS_MAX];
	GPtrArray *clients;       /* of owned struct nfs_client */
	GPtrArray *processes;     /* of struct process that live */
	GPtrArray *actors;        /* of owned struct actor */
	GPtrArray *all_processes; /* owned; those that ended, too */
	guint recoveries;         /* that came to their end */
	char *failure;            /* owned; the first that was wrong; NULL: nothing */
};

extern struct cluster cluster;

/* Each cluster has one group, with an NFS server of its own. Before the first cluster_begin(). */
void cluster_want_own_servers(void);

void cluster_begin(guint64 seed, guint salt);
void cluster_end(void);

/* Something is wrong: the run ends. */
void cluster_fail(const char *format, ...) G_GNUC_PRINTF(1, 2);

void cluster_own_process(struct process *process);

/* SIGKILL it, when this step is over. */
void cluster_kill_soon(struct process *process);

/* The agents' programs on that node. */
void cluster_kill_agents(const struct node *node);

/* An actor that is freed with the cluster. */
struct actor *cluster_actor(struct node *node, const char *name);

#endif
