/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node.h"

#include "chance.h"
#include "client.h"
#include "files.h"
#include "invariants.h"
#include "statd.h"
#include "story.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SERVER_THREADS 8
#define SERVER_MONITOR_US (10 * G_USEC_PER_SEC)
#define UPTIME_AT_BOOT_US (50 * G_USEC_PER_SEC)

struct node *node_new(guint number)
{
	struct node *self = g_new0(struct node, 1);

	self->name = g_strdup_printf("node%u", number + 1);
	self->number = number;
	self->root = volume_new(10 + number);
	self->run = volume_new(20 + number);
	self->run->in_memory = true;
	self->locks = g_ptr_array_new_with_free_func(g_free);
	self->monitored = g_ptr_array_new();
	self->namespace = volume_new(30 + number);
	self->namespace->in_memory = true;
	self->wall_at_zero_us =
		(gint64)1790000000 * G_USEC_PER_SEC + (gint64)chance_below(20) * G_USEC_PER_SEC;
	return self;
}

void node_free(struct node *self)
{
	self->lockd_pid = 0;
	statd_forget(self);
	volume_free(self->namespace);
	volume_free(self->root);
	volume_free(self->run);
	g_ptr_array_unref(self->locks);
	g_ptr_array_unref(self->monitored);
	g_free(self->name);
	g_free(self);
}

static void mount_at(struct node *self, const char *name, struct volume *volume)
{
	g_hash_table_replace(self->namespace->root->names, g_strdup(name), inode_ref(volume->root));
}

void node_mount(struct node *self, const struct service_group *group)
{
	mount_at(self, group->name, group->volume);
}

void node_unmount(struct node *self, const struct service_group *group)
{
	g_hash_table_remove(self->namespace->root->names, group->name);
}

bool node_has_mounted(const struct node *self, const struct service_group *group)
{
	return dir_find(self->namespace->root, group->name) != NULL;
}

struct inode *files_root(void)
{
	return sim_actor->node->namespace->root;
}

static void make_directories(struct node *self)
{
	struct actor *acting = sim_actor;

	sim_actor = self->daemons;
	mkdir(SIM_ROOT "/var/sm", 0700);
	sim_actor = acting;
	volume_sync(self->root);
}

/* Pacemaker looks after the resource of the NFS server, too: who stopped it may have been killed.
 */
static void look_after_server(void *data)
{
	struct node *self = data;

	if (!cluster.setup.server_in_group && self->up && self->threads == 0)
		node_start_server(self, SERVER_THREADS);
	sim_after(SERVER_MONITOR_US, NULL, look_after_server, self);
}

void node_boot(struct node *self)
{
	if (self->boots == 0)
		sim_after(SERVER_MONITOR_US, NULL, look_after_server, self);
	self->up = true;
	self->boots++;
	self->boot_us = sim_now();
	self->uptime_at_zero_us = UPTIME_AT_BOOT_US - self->boot_us;
	g_snprintf(self->boot_id, sizeof(self->boot_id), "boot-%u-of-%s", self->boots, self->name);
	g_strlcpy(self->published_boot, self->boot_id, sizeof(self->published_boot));
	self->next_pid = 100;
	self->daemons = cluster_actor(self, "statd");
	mount_at(self, "var", self->root);
	mount_at(self, "run", self->run);
	for (guint i = 0; i < cluster.setup.groups && cluster.setup.shared_disk; i++)
		node_mount(self, cluster.groups[i]);
	make_directories(self);
	self->statd_pid = self->next_pid++;
	self->statd_began_us = sim_now();
	self->statd_busy = false;
	if (!cluster.setup.server_in_group)
		node_start_server(self, SERVER_THREADS);
	story("%s boots", self->name);
}

void node_cut(struct node *self)
{
	story("%s loses its power", self->name);
	self->up = false;
	self->published_boot[0] = '\0';
	actor_kill(self->daemons);
	self->statd_pid = 0;
	self->threads = 0;
	self->lockd_pid = 0;
	statd_forget(self);
	invariants_server_lost(self, NULL);
	g_ptr_array_set_size(self->locks, 0);
	g_ptr_array_set_size(self->monitored, 0);
	volume_cut(self->root, NULL);
	volume_cut(self->run, NULL);
	for (guint i = 0; i < cluster.setup.groups; i++) {
		if (node_has_mounted(self, cluster.groups[i]))
			volume_cut(
				cluster.groups[i]->volume, cluster.setup.shared_disk ? self : NULL);
	}
	g_hash_table_remove_all(self->namespace->root->names);
}

/* The NFS server and its lock manager */

bool node_lockd_grace_runs(const struct node *self)
{
	return self->lockd_pid != 0 && !self->grace_ended_early && sim_now() < self->grace_ends_us;
}

static bool v4_grace_runs(const struct node *self)
{
	return self->threads > 0 && sim_now() < self->v4_grace_ends_us;
}

bool node_grace_runs(const struct node *self)
{
	return node_lockd_grace_runs(self) || v4_grace_runs(self);
}

void node_start_server_for(struct node *self, guint threads, guint grace_s)
{
	gint64 grace_us = (gint64)grace_s * G_USEC_PER_SEC;

	if (self->threads > 0)
		return;
	self->threads = threads;
	self->lockd_pid = self->next_pid++;
	self->lockd_began_us = sim_now();
	self->grace_ended_early = false;
	self->grace_ends_us = sim_now() + grace_us;
	self->v4_grace_ends_us =
		sim_now() + (cluster.setup.nfs4_grace ? grace_us : chance_us(0, G_USEC_PER_SEC));
	story("%s: the NFS server starts, grace runs for %u s", self->name, grace_s);
}

void node_start_server(struct node *self, guint threads)
{
	node_start_server_for(self, threads, cluster.setup.grace_s);
}

void node_stop_server(struct node *self)
{
	if (self->threads == 0)
		return;
	self->threads = 0;
	self->lockd_pid = 0;
	statd_forget(self);
	invariants_server_lost(self, NULL);
	g_ptr_array_set_size(self->locks, 0);
	for (guint i = 0; i < self->monitored->len && cluster.setup.unmonitors; i++)
		statd_unmonitor(self, self->monitored->pdata[i]);
	g_ptr_array_set_size(self->monitored, 0);
	story("%s: the NFS server stops, its locks are gone", self->name);
}

void node_restart_statd(struct node *self)
{
	if (!self->up)
		return;
	story("%s: statd is restarted", self->name);
	self->statd_pid = self->next_pid++;
	self->statd_began_us = sim_now();
}

void node_drop_locks_of(struct node *self, const struct service_group *group)
{
	invariants_server_lost(self, group);
	for (guint i = self->locks->len; i-- > 0;) {
		if (((struct held *)self->locks->pdata[i])->group == group)
			g_ptr_array_remove_index(self->locks, i);
	}
}

bool lock_kinds_conflict(const struct lock_kind *a, const struct lock_kind *b)
{
	bool overlap = a->part == b->part || a->part == LOCK_WHOLE || b->part == LOCK_WHOLE;

	return overlap && !(a->shared && b->shared);
}

static struct held *find_lock(const struct node *self, const struct service_group *group,
	guint file, const struct nfs_client *client)
{
	for (guint i = 0; i < self->locks->len; i++) {
		struct held *one = self->locks->pdata[i];

		if (one->group == group && one->file == file && one->client == client)
			return one;
	}
	return NULL;
}

const struct held *node_lock(const struct node *self, const struct service_group *group, guint file,
	const struct nfs_client *client)
{
	return find_lock(self, group, file, client);
}

/* Of another client. */
static bool has_conflict(const struct node *self, const struct lock_call *call)
{
	for (guint i = 0; i < self->locks->len; i++) {
		const struct held *one = self->locks->pdata[i];

		if (one->group == call->group && one->file == call->file &&
			one->client != call->client && lock_kinds_conflict(&one->kind, &call->kind))
			return true;
	}
	return false;
}

/* Calls */

struct waiting_call {
	struct lock_call *call;
	struct node *node;
	guint lockd_pid;
};

static void answer(struct lock_call *call, enum lock_answer what)
{
	call->answer(call, what);
}

/* Whether it can be granted now; else it is answered. */
static bool may_grant(struct node *self, struct lock_call *call)
{
	bool grace = node_grace_runs(self);

	if (call->what == LOCK_RECLAIM ? !grace : grace) {
		answer(call, call->what == LOCK_RECLAIM ? LOCK_REFUSED : LOCK_IN_GRACE);
		return false;
	}
	if (call->what != LOCK_UNLOCK && has_conflict(self, call)) {
		answer(call, LOCK_DENIED);
		return false;
	}
	return true;
}

static void grant(struct node *self, struct lock_call *call)
{
	struct held *held = find_lock(self, call->group, call->file, call->client);

	if (held == NULL) {
		held = g_new0(struct held, 1);
		held->client = call->client;
		held->group = call->group;
		held->file = call->file;
		held->address = call->address;
		held->taken_us = sim_now();
		g_ptr_array_add(self->locks, held);
	}
	held->kind = call->kind;
	story("  %s: file %u of %s is locked by %s", self->name, call->file, call->group->name,
		call->client->address);
	invariants_granted(self, call);
	answer(call, LOCK_GRANTED);
}

static void monitored(void *data)
{
	struct waiting_call *waiting = data;
	struct node *self = waiting->node;
	struct lock_call *call = waiting->call;
	bool same = waiting->lockd_pid == self->lockd_pid;

	g_free(waiting);
	/* Of a lock manager that is gone. */
	if (!same || !node_has_mounted(self, call->group)) {
		g_free(call);
		return;
	}
	if (!g_ptr_array_find(self->monitored, call->client, NULL))
		g_ptr_array_add(self->monitored, call->client);
	if (may_grant(self, call))
		grant(self, call);
}

static void release(struct node *self, struct lock_call *call)
{
	struct held *held = find_lock(self, call->group, call->file, call->client);

	if (held != NULL) {
		story("  %s: file %u of %s is unlocked by %s", self->name, call->file,
			call->group->name, call->client->address);
		g_ptr_array_remove(self->locks, held);
	}
	answer(call, LOCK_GRANTED);
}

void node_take_call(struct node *self, struct lock_call *call)
{
	struct waiting_call *waiting;

	call->at = self;
	call->boots = self->boots;
	if (!self->up || self->threads == 0 || !node_has_mounted(self, call->group)) {
		g_free(call);
		return;
	}
	if (call->what == LOCK_UNLOCK) {
		if (may_grant(self, call))
			release(self, call);
		return;
	}
	if (g_ptr_array_find(self->monitored, call->client, NULL)) {
		if (may_grant(self, call))
			grant(self, call);
		return;
	}
	if (node_grace_runs(self))
		call->client->asked_us = sim_now();
	waiting = g_new(struct waiting_call, 1);
	waiting->call = call;
	waiting->node = self;
	waiting->lockd_pid = self->lockd_pid;
	statd_monitor(self, call->client, monitored, waiting);
}

/* What it took since then it has. */
void node_hear_restart(struct node *self, struct nfs_client *client)
{
	for (guint i = self->locks->len; i-- > 0;) {
		const struct held *held = self->locks->pdata[i];

		if (held->client == client && held->taken_us < client->rebooted_us)
			g_ptr_array_remove_index(self->locks, i);
	}
}

/* lockd forgets a client that has been idle for long (fs/lockd/host.c, NLM_HOST_EXPIRE). */
void node_forget_idle(struct node *self)
{
	for (guint i = self->monitored->len; i-- > 0;) {
		const struct nfs_client *client = self->monitored->pdata[i];
		bool idle = true;

		for (guint j = 0; j < self->locks->len && idle; j++)
			idle = ((struct held *)self->locks->pdata[j])->client != client;
		if (!idle)
			continue;
		g_ptr_array_remove_index(self->monitored, i);
		statd_unmonitor(self, client);
	}
}
