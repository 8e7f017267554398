/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster.h"

#include "chance.h"
#include "client.h"
#include "fencer.h"
#include "files.h"
#include "network.h"
#include "node.h"
#include "pacemaker.h"
#include "process.h"
#include "story.h"

#include <stdarg.h>
#include <sys/stat.h>

#define RECORD_TIMEOUT_MS 5000

struct cluster cluster;

static const char *const name_lists[GROUPS_MAX][2] = {
	{"files-a.example", NULL}, {"files-b.example", NULL}, {"files-c.example", NULL}};

static bool own_servers;

void cluster_want_own_servers(void)
{
	own_servers = true;
}

/* Every cluster is another one: small ones most of the time, as they have more failovers. */
static void choose_setup(struct setup *self)
{
	static const guint crowds[] = {3, 5, 8, 12, 20};
	static const guint graces_s[] = {20, 30, 45, 90};

	self->nodes = chance_one_in(4) ? 3 : 2;
	self->groups = chance_one_in(3) ? 1 + chance_below(GROUPS_MAX) : 1;
	self->clients = chance_one_in(60) ? 150 : crowds[chance_below(G_N_ELEMENTS(crowds))];
	self->addresses = 1 + chance_below(ADDRESSES_MAX);
	self->grace_s = graces_s[chance_below(G_N_ELEMENTS(graces_s))];
	self->server_in_group = self->groups == 1 && chance_one_in(2);
	self->shared_disk = chance_one_in(5);
	self->unmonitors = chance_one_in(2);
	self->nfs4_grace = chance_one_in(4);
	self->callout = !chance_one_in(10);
	self->backend = chance_one_in(8) ? "sqlite" : "files";
	self->loss_percent = chance_one_in(3) ? chance_below(5) : 0;
	self->deletion_delay_s = chance_one_in(2) ? 15 : 60;
	self->early_grace_end = !chance_one_in(4);
	self->shared_names = chance_one_in(3);
	if (!own_servers)
		return;
	self->own_server = true;
	self->groups = 1;
	self->server_in_group = true;
	self->shared_disk = false;
}

static void tell_setup(const struct setup *self)
{
	story("%u nodes, %u groups with %u addresses each, %u clients; the store is %s%s; grace %u "
	      "s "
	      "(NFSv4's %s); %s; %s; %u %% of the packets get lost%s%s%s",
		self->nodes, self->groups, self->addresses, self->clients, self->backend,
		self->shared_disk ? " on a cluster filesystem" : "", self->grace_s,
		self->nfs4_grace ? "runs in full" : "ends at once",
		self->own_server        ? "the group has an NFS server of its own"
		: self->server_in_group ? "the NFS server is the group's"
					: "each node has its NFS server",
		self->unmonitors ? "the kernel un-monitors at a stop"
				 : "the kernel does not un-monitor at a stop",
		self->loss_percent, self->callout ? "" : "; no callout",
		self->early_grace_end ? "" : "; no early end of grace",
		self->shared_names ? "; some clients share a reverse name" : "");
}

static struct service_group *group_new(guint number)
{
	struct service_group *self = g_new0(struct service_group, 1);
	struct inode *export;

	self->number = number;
	self->name = g_strdup_printf("group%c", (char)('a' + number));
	self->store = g_strdup_printf(SIM_ROOT "/%s/store", self->name);
	self->export = g_strdup_printf(SIM_ROOT "/%s/export", self->name);
	for (guint i = 0; i < cluster.setup.addresses; i++)
		self->addresses[i] = g_strdup_printf("10.8.%u.%u", number, i + 1);
	self->exports[0] = self->export;
	self->volume = volume_new(40 + number);
	self->volume->group = self;
	export = inode_new(self->volume, S_IFDIR | 0755);
	dir_set(self->volume->root, "export", export, false);
	inode_unref(export);
	volume_sync(self->volume);
	self->numbers = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	self->owners = g_ptr_array_new();
	self->options = (struct group_options){
		.group = self->name,
		.store = self->store,
		.backend = cluster.setup.backend,
		.addresses = (const char *const *)self->addresses,
		.names = name_lists[number],
		.exports = (const char *const *)self->exports,
		.record_timeout_ms = RECORD_TIMEOUT_MS,
		.deletion_delay_s = cluster.setup.deletion_delay_s,
		.grace = GRACE_SOURCE_AUTO,
		.early_grace_end = cluster.setup.early_grace_end,
		.require_fencing = true,
		.own_server = cluster.setup.own_server,
	};
	return self;
}

static void group_free(struct service_group *self)
{
	pacemaker_free(self->pacemaker);
	volume_free(self->volume);
	g_hash_table_unref(self->numbers);
	g_ptr_array_unref(self->owners);
	for (guint i = 0; i < ADDRESSES_MAX; i++)
		g_free(self->addresses[i]);
	g_free(self->name);
	g_free(self->store);
	g_free(self->export);
	g_free(self);
}

static void process_free(gpointer data)
{
	struct process *self = data;

	g_array_unref(self->waiters);
	g_free(self->why);
	g_free(self->name);
	g_free(self);
}

void cluster_begin(guint64 seed, guint salt)
{
	world.state = seed;
	chance_next(&world);
	scheduler_begin();
	cluster = (struct cluster){0};
	choose_setup(&cluster.setup);
	tell_setup(&cluster.setup);
	world.state += salt;
	cluster.clients = g_ptr_array_new_with_free_func((GDestroyNotify)nfs_client_free);
	cluster.processes = g_ptr_array_new();
	cluster.all_processes = g_ptr_array_new_with_free_func(process_free);
	cluster.actors = g_ptr_array_new_with_free_func(g_free);
	network_begin();
	fencer_begin();
	for (guint i = 0; i < cluster.setup.groups; i++)
		cluster.groups[i] = group_new(i);
	for (guint i = 0; i < cluster.setup.nodes; i++) {
		cluster.nodes[i] = node_new(i);
		node_boot(cluster.nodes[i]);
	}
	for (guint i = 0; i < cluster.setup.groups; i++)
		cluster.groups[i]->pacemaker = pacemaker_new(cluster.groups[i]);
	for (guint i = 0; i < cluster.setup.clients; i++) {
		g_ptr_array_add(cluster.clients, nfs_client_new(i));
		nfs_client_begin(cluster.clients->pdata[i]);
	}
}

/* Programs first: who waits for them must see them end. */
static void kill_actors(bool of_nodes)
{
	for (guint i = 0; i < cluster.actors->len; i++) {
		struct actor *one = cluster.actors->pdata[i];

		if ((one->node != NULL) == of_nodes && !one->dead)
			actor_kill(one);
	}
}

void cluster_end(void)
{
	kill_actors(true);
	while (cluster.processes->len > 0)
		process_kill(cluster.processes->pdata[0]);
	kill_actors(false);
	g_ptr_array_unref(cluster.processes);
	g_ptr_array_unref(cluster.all_processes);
	g_ptr_array_unref(cluster.clients);
	for (guint i = 0; i < cluster.setup.groups; i++)
		group_free(cluster.groups[i]);
	for (guint i = 0; i < cluster.setup.nodes; i++)
		node_free(cluster.nodes[i]);
	fencer_end();
	network_end();
	scheduler_end();
	g_ptr_array_unref(cluster.actors);
	g_free(cluster.failure);
}

void cluster_fail(const char *format, ...)
{
	va_list args;

	if (cluster.failure != NULL)
		return;
	va_start(args, format);
	cluster.failure = g_strdup_vprintf(format, args);
	va_end(args);
	story("WRONG: %s", cluster.failure);
}

void cluster_own_process(struct process *process)
{
	g_ptr_array_add(cluster.all_processes, process);
}

static void kill_process(void *data)
{
	process_kill(data);
}

void cluster_kill_soon(struct process *process)
{
	sim_after(0, NULL, kill_process, process);
}

struct actor *cluster_actor(struct node *node, const char *name)
{
	struct actor *self = g_new0(struct actor, 1);

	self->node = node;
	self->name = name;
	g_ptr_array_add(cluster.actors, self);
	return self;
}

void cluster_kill_agents(const struct node *node)
{
	for (guint i = 0; i < cluster.actors->len; i++) {
		struct actor *one = cluster.actors->pdata[i];

		if (one->node == node && one != node->daemons && !one->dead)
			actor_kill(one);
	}
}
