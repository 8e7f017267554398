/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_CLUSTER_H
#define LOCKFERRY_TESTS_SIM_CLUSTER_H

/* The simulated cluster: its nodes, groups and clients, and its setup in this run. */

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
	guint addresses; /* number of addresses of each group */
	guint grace_s;
	bool server_in_group; /* the NFS server starts with the group; otherwise with the node */
	bool shared_disk;     /* a cluster filesystem: every node has it mounted */
	bool unmonitors;      /* the kernel un-monitors clients when the NFS server stops */
	bool nfs4_grace;      /* nfsd's own grace period runs its full length */
	bool callout;         /* statd runs a callout */
	const char *backend;
	guint loss_percent; /* packets that are always lost */
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
	struct group_options options;           /* without those of the node */
	struct node *address_at[ADDRESSES_MAX]; /* NULL: on no node */
	struct pacemaker *pacemaker;
	guint64 epoch;       /* the highest epoch that was written */
	GHashTable *numbers; /* state number -> the recovery that used it (invariants.c) */
	const void *owner;   /* the actor that wrote the state last */
	GPtrArray *owners;   /* all actors that wrote it */
	guint takeovers;
};

struct cluster {
	struct setup setup;
	struct node *nodes[NODES_MAX];
	struct service_group *groups[GROUPS_MAX];
	GPtrArray *clients;       /* of owned struct nfs_client */
	GPtrArray *processes;     /* of struct process; the running ones */
	GPtrArray *actors;        /* of owned struct actor */
	GPtrArray *all_processes; /* owned; also those that have ended */
	guint recoveries;         /* number of completed recoveries */
	char *failure;            /* owned; the first failure; NULL: none */
};

extern struct cluster cluster;

void cluster_begin(guint64 seed, guint salt);
void cluster_end(void);

/* Reports a failure; the run ends. */
void cluster_fail(const char *format, ...) G_GNUC_PRINTF(1, 2);

void cluster_own_process(struct process *process);

/* Kills the process with SIGKILL after this step. */
void cluster_kill_soon(struct process *process);

/* Kills the agents' programs on this node. */
void cluster_kill_agents(const struct node *node);

/* Makes an actor that is freed with the cluster. */
struct actor *cluster_actor(struct node *node, const char *name);

#endif
