/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What must always hold, whatever fails and when:
 *
 * 1. No lock is held by two clients.
 * 2. A client that is not reported lost has its lock, or can still reclaim it.
 * 3. Nobody is told to reclaim outside grace, when the server would refuse it.
 * 4. No state number is told in two recoveries: clients ignore one that they know.
 * 5. The account agrees with the truth: who it says has answered was told, who it says is back has
 *    asked for a lock in grace, and who it calls lost has heard nothing.
 * 6. One owner writes: a process whose group another has taken over leaves the store alone.
 * 7. Every recovery ends.
 * 8. A start succeeds only while its clients can be told.
 * 9. A record that somebody damages while the group is served is mended.
 * 10. Who is reported lost stays so for a minute.
 *
 * What no server can do anything about is not a failure of ours: see is_excused().
 */

#include "invariants.h"

#include "chance.h"
#include "damage.h"
#include "faults.h"
#include "files.h"
#include "fencer.h"
#include "group/client_list.h"
#include "network.h"
#include "nsm/wire.h"
#include "pacemaker.h"
#include "service/group_process.h"
#include "story.h"

#include <stdlib.h>
#include <string.h>

/* A process looks at the grace period once a second, and tells until it sees that it is over. */
#define TELLS_AFTER_GRACE_US (2500 * 1000)

#define TIME_TO_LOOK_US (1100 * 1000)

/* Packets are lost, and sent again after up to eight seconds. */
#define TIME_TO_BE_TOLD_US (25 * G_USEC_PER_SEC)

/* After so many lost packets a client is asked once in eight seconds (nsm/notifier.c). */
#define LOST_PACKETS_MAX 4

/* The clients of a store are looked at every ten seconds (service/ownership.c). */
#define TIME_TO_MEND_US (25 * G_USEC_PER_SEC)

/* The least, see service/roster.c. */
#define TIME_LOST_IS_SHOWN_US (55 * G_USEC_PER_SEC)

/* Which constant of service/phases.c it is. */
#define GRACES_MISSED_MAX 3

static gint64 grace_ended_us(const struct node *node)
{
	return node->grace_ended_early ? node->grace_end_us
				       : MAX(node->grace_ends_us, node->v4_grace_ends_us);
}

/* It was not reached in the whole grace period, or not in the last part of it, and so could not
 * reclaim. Who has not even heard is reported, whyever; unless the process, which knows that, was
 * killed just then, for which the monitor fails. */
static bool was_unwell(const struct claim *claim)
{
	const struct node *node = claim->group->address_at[claim->address];
	gint64 since_us = claim->server_lost_us - G_USEC_PER_SEC;

	if (claim->is == HOLDING_IT && node != NULL &&
		process_find_of(node, claim->group->name) != NULL)
		return false;
	if (node != NULL && node->lockd_pid != 0)
		since_us = MAX(since_us, grace_ended_us(node) - TIME_TO_BE_TOLD_US);
	return !nfs_client_answered_since(claim->client, since_us) ||
	       claim->client->packets_lost - claim->packets_lost >= LOST_PACKETS_MAX;
}

/* Who could not reclaim since the server lost its lock; whose record was not written yet, which is
 * told; whose group has a disk that fails meanwhile, so that each first lock waits for its record.
 * Who was judged like that stays lost (stale). */
static bool is_excused(const struct claim *claim)
{
	return claim->reported || claim->stale || claim->late || was_unwell(claim) ||
	       faults_disk_trouble_us(claim->group) > claim->server_lost_us - G_USEC_PER_SEC;
}

/* The process was killed, for which the monitor fails, and nobody is there who could tell the
 * client, or say that it was not told: as the cluster does not reach the node, or as the client's
 * address had not come yet. */
static bool nobody_tells(const struct node *node, const struct claim *claim)
{
	const struct process *process = process_find_of(node, claim->group->name);

	return (process == NULL || process->service == NULL) &&
	       (node->isolated || fencer_wants(node) ||
		       claim->group->address_at[claim->address] == NULL);
}

/* What it has to say of those that are not back it says within a second after grace, and is asked
 * for it then: see check_claims(). */
static bool will_say_so(const struct node *node, const struct service_group *group)
{
	const struct process *process = process_find_of(node, group->name);

	return process != NULL && process->service != NULL && process->phase == PHASE_RECLAIMING &&
	       !node_lockd_grace_runs(node);
}

static bool believes(const struct claim *claim)
{
	return claim->is == HOLDING_IT || claim->is == HOLDING_RECLAIM;
}

static struct claim *claim_for(
	const struct nfs_client *who, const struct service_group *group, guint file)
{
	for (guint i = 0; i < who->claims->len; i++) {
		struct claim *claim = who->claims->pdata[i];

		if (claim->group == group && claim->file == file)
			return claim;
	}
	return NULL;
}

/* 1. and 2.: a lock is granted that another client has not given back. A client that lost it long
 * ago without a word, and was reported, asks for it in the next grace period: no server can tell
 * that it became another's meanwhile. */
void invariants_granted(const struct node *node, const struct lock_call *call)
{
	struct claim *own = claim_for(call->client, call->group, call->file);
	bool stale =
		call->what == LOCK_RECLAIM && own != NULL && (own->stale || own->taken_us != 0);

	if (own != NULL) {
		own->stale = false;
		own->taken_us = 0;
		own->reported = false;
	}
	for (guint i = 0; i < cluster.clients->len; i++) {
		struct nfs_client *other = cluster.clients->pdata[i];

		for (guint j = 0; other != call->client && j < other->claims->len; j++) {
			struct claim *claim = other->claims->pdata[j];

			if (claim->group != call->group || claim->file != call->file ||
				!believes(claim) || !lock_kinds_conflict(&claim->kind, &call->kind))
				continue;
			claim->reported = claim->reported || stale || nobody_tells(node, claim);
			claim->taken_us = sim_now();
			if (is_excused(claim) || will_say_so(node, call->group))
				continue;
			cluster_fail("file %u of %s is locked by two clients: %s granted it to %s, "
				     "and %s has it and was not reported lost",
				call->file, call->group->name, node->name, call->client->address,
				other->address);
		}
	}
}

static struct claim *claim_of(const struct held *held)
{
	return claim_for(held->client, held->group, held->file);
}

/* What a process had to say of those that were not back in grace (will_say_so()) it did not come to
 * say: it died, or the lock manager went, in the very second. */
static void forgive_silence(const struct service_group *group)
{
	for (guint i = 0; i < cluster.clients->len; i++) {
		struct nfs_client *who = cluster.clients->pdata[i];

		for (guint j = 0; j < who->claims->len; j++) {
			struct claim *claim = who->claims->pdata[j];

			if (claim->group == group && claim->taken_us != 0 &&
				sim_now() - claim->taken_us < TIME_TO_LOOK_US)
				claim->stale = true;
		}
		who->refused[group->number] = false;
	}
}

/* The process that would have mended what somebody did to a record, before its client was told, is
 * gone: the next one does not know that client. */
static void forgive_damage(const struct service_group *group)
{
	for (guint i = 0; i < cluster.clients->len; i++) {
		struct nfs_client *who = cluster.clients->pdata[i];

		for (guint j = 0; who->damaged_us[group->number] != 0 && j < who->claims->len;
			j++) {
			struct claim *claim = who->claims->pdata[j];

			claim->late = claim->late || claim->group == group;
		}
	}
}

void invariants_killed(const struct process *process)
{
	forgive_silence(process->group);
	forgive_damage(process->group);
}

/* Of one group, or (NULL) all. */
void invariants_server_lost(const struct node *node, const struct service_group *only)
{
	for (guint i = 0; i < cluster.setup.groups; i++) {
		if (process_find_of(node, cluster.groups[i]->name) != NULL)
			forgive_silence(cluster.groups[i]);
	}
	for (guint i = 0; i < node->locks->len; i++) {
		const struct held *held = node->locks->pdata[i];
		struct claim *claim = only == NULL || held->group == only ? claim_of(held) : NULL;

		if (claim == NULL)
			continue;
		claim->server_lost_us = sim_now();
		claim->reported = false;
		claim->stale = false;
		claim->taken_us = 0;
		claim->packets_lost = held->client->packets_lost;
		claim->late = held->client->late[held->group->number] ||
			      held->client->damaged_us[held->group->number] != 0;
	}
}

/* 2.: it asked, and may not have it again. */
void invariants_reclaim_refused(const struct claim *claim, enum lock_answer answer)
{
	const struct node *node = claim->group->address_at[claim->address];

	if (is_excused(claim))
		return;
	if (node != NULL && will_say_so(node, claim->group)) {
		claim->client->refused[claim->group->number] = true;
		return;
	}
	cluster_fail("client %s, which was not reported lost, may not reclaim file %u of %s: %s",
		claim->client->address, claim->file, claim->group->name,
		answer == LOCK_DENIED ? "another client has it" : "grace is over");
}

static gint32 state_in(const guint8 *bytes, gsize length)
{
	return (gint32)(((guint32)bytes[length - 4] << 24) | ((guint32)bytes[length - 3] << 16) |
			((guint32)bytes[length - 2] << 8) | bytes[length - 1]);
}

/* 4. A lock manager that is restarted once more is noticed within a second: until then the recovery
 * is the same. */
static void check_number(const struct process *process, gint32 state)
{
	const group_state *known = process->service->state;
	g_autofree char *recovery = g_strdup_printf("%s of %s, epoch %" G_GUINT64_FORMAT,
		known->lock_manager, known->boot, known->epoch);
	const char *before = g_hash_table_lookup(process->group->numbers, GINT_TO_POINTER(state));

	if (before == NULL)
		g_hash_table_insert(process->group->numbers, GINT_TO_POINTER(state),
			g_steal_pointer(&recovery));
	else if (!g_str_equal(before, recovery))
		cluster_fail("state number %d of %s is told twice: under %s, and now under %s",
			state, process->group->name, before, recovery);
}

/* 3. */
void invariants_sent(const struct process *process, const struct nfs_client *who, const char *from,
	guint port, const guint8 *bytes, gsize length)
{
	const struct node *node = process->node;

	if (port == WIRE_RPCBIND_PORT || length < 4)
		return;
	check_number(process, state_in(bytes, length));
	/* Where no server runs, nobody refuses. */
	if (node->lockd_pid != 0 &&
		(!node_grace_runs(node) && sim_now() - grace_ended_us(node) > TELLS_AFTER_GRACE_US))
		cluster_fail("client %s is told from %s by %s, where no grace runs", who->address,
			from, node->name);
}

void invariants_heard(struct nfs_client *who, const struct service_group *group)
{
	who->heard_us[group->number] = sim_now();
}

/* 8.: the address may come right now. Where it has kept the clients waiting for all the grace
 * periods that a process begins for it, there is an end to that. */
void invariants_ready(struct process *process)
{
	const struct service *served = process->service;

	story("%s is ready", process->name);
	if (served->state->recovery_due && !addresses_any_here(served->addresses) &&
		!node_lockd_grace_runs(process->node) && served->graces_missed < GRACES_MISSED_MAX)
		cluster_fail("%s is ready, and its clients cannot be told, as no grace runs",
			process->name);
}

/* Which of the node's servers the state means, as node.h counts them. */
static guint server_of(const group_state *state)
{
	const char *listener = strstr(state->lock_manager, "listener:");

	return !cluster.setup.own_server || listener == NULL
		       ? (guint)atoi(state->lock_manager)
		       : (guint)atoi(listener + strlen("listener:")) - SIM_FIRST_SOCKET;
}

/* 5. */

static void check_account_of(const struct process *process, const struct nfs_client *who)
{
	const client_list *clients = roster_clients(process->service->roster);
	const struct service_group *group = process->group;
	guint number = group->number;
	gint32 state = process->service->state->state_number;
	gint32 told = who->seen[number][who->mounted_by[number]].state;
	enum recovery recovery;

	if (client_list_find(clients, who->address) == NULL)
		return;
	recovery = client_list_recovery(clients, who->address);
	if (process->phase == PHASE_RECLAIMING && recovery == RECOVERY_RECLAIMED &&
		server_of(process->service->state) == process->node->lockd_pid &&
		who->asked_us < process->node->lockd_began_us)
		cluster_fail(
			"the account of %s says that %s is back, but it did not ask for a lock in "
			"grace",
			group->name, who->address);
	/* One that restarted since does not know any more. */
	if (recovery == RECOVERY_ACKNOWLEDGED && told != state && told != 0)
		cluster_fail("the account of %s says that %s has answered, but it was never told "
			     "%d (it knows %d)",
			group->name, who->address, state, told);
	if (recovery_is_unheard(recovery) && told == state &&
		nfs_client_answered_since(who, process->reclaiming_since_us - G_USEC_PER_SEC) &&
		faults_network_trouble_us() < process->reclaiming_since_us &&
		sim_now() - who->heard_us[number] > TIME_TO_BE_TOLD_US)
		cluster_fail("the account of %s calls %s lost, but it has heard", group->name,
			who->address);
}

/* As one that answered too late, or that had not when grace ended and no process ran. */
static bool is_warned_of(const struct process *process, const struct nfs_client *who)
{
	g_autoptr(JsonArray) cautions = json_array_new();
	g_autofree char *name = g_strdup_printf("'%s'", who->address);

	cautions_to_json(&process->service->cautions, cautions);
	for (guint i = 0; i < json_array_get_length(cautions); i++) {
		const char *text = json_array_get_string_element(cautions, i);

		if ((g_str_has_prefix(text,
			     "these clients answered when the grace period was nearly over") ||
			    strstr(text, "these clients had not answered by then") != NULL) &&
			(strstr(text, name) != NULL || strstr(text, " more:") != NULL))
			return true;
	}
	return false;
}

/* Grace ended before it answered, or before it answered at every address that it may have mounted
 * by, or right after that: for each there is a warning. */
static bool is_reported(const struct process *process, const struct nfs_client *who,
	const client *known, enum recovery recovery)
{
	return recovery_is_unheard(recovery) || is_warned_of(process, who) ||
	       recovery == RECOVERY_TOLD || recovery == RECOVERY_UNREACHABLE ||
	       (recovery == RECOVERY_RECLAIMED && (known->wanted & (known->wanted - 1)) != 0 &&
		       !client_has_heard(known, known->wanted));
}

static bool has_it(const struct process *process, const struct claim *claim)
{
	const struct held *held =
		node_lock(process->node, claim->group, claim->file, claim->client);

	return held != NULL && held->kind.part == claim->kind.part &&
	       held->kind.shared == claim->kind.shared;
}

static void report_claims(const struct process *process, struct nfs_client *who)
{
	for (guint i = 0; i < who->claims->len; i++) {
		struct claim *claim = who->claims->pdata[i];

		claim->reported = claim->reported || claim->group == process->group;
	}
}

static void note_reported(const struct process *process, struct nfs_client *who)
{
	const client_list *clients = roster_clients(process->service->roster);
	const client *known = client_list_find(clients, who->address);
	enum recovery recovery = client_list_recovery(clients, who->address);

	if (known == NULL || !is_reported(process, who, known, recovery)) {
		if (who->refused[process->group->number])
			cluster_fail("a reclaim of client %s came after grace, and %s does not say "
				     "that it may have lost locks",
				who->address, process->name);
		return;
	}
	who->refused[process->group->number] = false;
	if (recovery_is_unheard(recovery) && process->phase == PHASE_RECLAIMING) {
		who->lost_us[process->group->number] = sim_now();
		who->lost_by[process->group->number] = process;
	}
	report_claims(process, who);
}

/* Its process says that its clients are not told, for which the monitor fails: those that do not
 * have their locks at that time. */
static void note_untold(const struct process *process)
{
	if (process->service->problems.texts[PROBLEM_GRACE] == NULL)
		return;
	for (guint i = 0; i < cluster.clients->len; i++) {
		const struct nfs_client *who = cluster.clients->pdata[i];

		for (guint j = 0; j < who->claims->len; j++) {
			struct claim *claim = who->claims->pdata[j];

			claim->reported = claim->reported || (claim->group == process->group &&
								     !has_it(process, claim));
		}
	}
}

/* While the NFS server is down or grace runs, and within the second until the process notices that
 * the lock manager is another, whoever does not have its lock may still be told. */
static bool may_still_reclaim(const struct process *process)
{
	const struct node *node = process->node;

	return node->threads == 0 || node_grace_runs(node) ||
	       server_of(process->service->state) != node->lockd_pid;
}

/* 2.: after it nobody gets it back. */
static void check_claims(const struct process *process, const struct nfs_client *who)
{
	if (may_still_reclaim(process))
		return;
	for (guint i = 0; i < who->claims->len; i++) {
		struct claim *claim = who->claims->pdata[i];

		if (claim->group != process->group || !believes(claim) || has_it(process, claim))
			continue;
		if (!is_excused(claim))
			cluster_fail("%s serves, but %s has lost its lock of file %u and was not "
				     "reported lost (%s)",
				process->name, who->address, claim->file,
				claim->is == HOLDING_IT ? "it was not told"
							: "it had no time to reclaim");
		claim->stale = true;
	}
}

static void recovery_ended(const struct process *process)
{
	cluster.recoveries++;
	for (guint i = 0; i < cluster.clients->len; i++) {
		struct nfs_client *who = cluster.clients->pdata[i];

		if (!who->mounted[process->group->number])
			continue;
		check_account_of(process, who);
		note_reported(process, who);
		check_claims(process, who);
	}
}

/* What is so for long is looked at once a second. */
static bool is_time(void)
{
	static gint64 last_s;
	gint64 now_s = sim_now() / G_USEC_PER_SEC;
	bool is_time = now_s != last_s;

	last_s = now_s;
	return is_time;
}

/* Whether it believes to have a lock of the group. */
static bool waits_for(const struct nfs_client *who, const struct service_group *group)
{
	for (guint i = 0; i < who->claims->len; i++) {
		const struct claim *claim = who->claims->pdata[i];

		if (claim->group == group && believes(claim))
			return true;
	}
	return false;
}

/* 9. What is damaged while a process serves is mended while it serves. */
static void look_at_damage(const struct process *process, struct nfs_client *who)
{
	gint64 *damaged_us = &who->damaged_us[process->group->number];
	bool monitored;

	if (*damaged_us == 0)
		return;
	monitored = g_ptr_array_find(process->node->monitored, who, NULL);
	/* One that statd has no record of holds no lock there, but must perhaps be told. */
	if (!damage_lasts(process->group, who) || !(monitored || waits_for(who, process->group)))
		*damaged_us = 0;
	else if (monitored && process->phase == PHASE_SERVING &&
		 sim_now() - MAX(*damaged_us, process->serving_since_us) > TIME_TO_MEND_US &&
		 faults_disk_trouble_us(process->group) < sim_now() - TIME_TO_MEND_US)
		cluster_fail("the record of %s in the store of %s is not mended", who->address,
			process->group->name);
}

/* A client whose record a group has is not late there any more. */
static void look_at_records(const struct process *process)
{
	const client_list *clients = roster_clients(process->service->roster);

	for (guint i = 0; i < cluster.clients->len; i++) {
		struct nfs_client *who = cluster.clients->pdata[i];
		bool *late = &who->late[process->group->number];

		*late = *late && client_list_find(clients, who->address) == NULL;
		look_at_damage(process, who);
	}
}

/* 10.: also if it reclaims right after grace, in vain. */
static void check_stays_reported(const struct process *process, const struct nfs_client *who)
{
	guint number = process->group->number;
	const client_list *clients = roster_clients(process->service->roster);

	if (who->lost_by[number] == process && process->serving_since_us <= who->lost_us[number] &&
		sim_now() - who->lost_us[number] < TIME_LOST_IS_SHOWN_US &&
		!recovery_is_unheard(client_list_recovery(clients, who->address)))
		cluster_fail("%s was reported lost, and the account of %s does not say so any more",
			who->address, process->group->name);
}

/* What the takeover found. */
static void note_warnings(const struct process *process)
{
	for (guint i = 0; i < cluster.clients->len; i++) {
		if (is_warned_of(process, cluster.clients->pdata[i]))
			report_claims(process, cluster.clients->pdata[i]);
	}
}

static void look_at_serving(const struct process *process)
{
	const service *served = process->service;

	if (served->state->phase != PHASE_SERVING || served->stopping || served->taking_over)
		return;
	for (guint i = 0; i < cluster.clients->len; i++) {
		check_claims(process, cluster.clients->pdata[i]);
		check_stays_reported(process, cluster.clients->pdata[i]);
	}
}

void invariants_look(void)
{
	bool every_second = is_time();

	for (guint i = 0; i < cluster.processes->len; i++) {
		struct process *process = cluster.processes->pdata[i];
		enum phase phase;

		if (process->service == NULL || process->service->state == NULL)
			continue;
		if (every_second)
			look_at_records(process);
		note_untold(process);
		phase = process->service->state->phase;
		if (phase == process->phase) {
			if (every_second)
				look_at_serving(process);
			continue;
		}
		note_warnings(process);
		if (phase == PHASE_SERVING)
			process->serving_since_us = sim_now();
		if (phase == PHASE_RECLAIMING)
			process->reclaiming_since_us = sim_now();
		if (phase == PHASE_SERVING && !process->service->stopping)
			recovery_ended(process);
		process->phase = phase;
	}
}

/* 6.: who saves something does so by a rename. */
void files_renamed(
	const struct inode *dir, const char *name, const struct inode *file G_GNUC_UNUSED)
{
	struct service_group *group = dir->volume->group;
	const void *writer = sim_actor;

	if (group == NULL || dir->volume->root == dir)
		return;
	if (g_str_equal(name, "state")) {
		if (group->owner != writer)
			group->takeovers++;
		group->owner = writer;
		g_ptr_array_add(group->owners, (gpointer)writer);
	} else if (group->owner != writer && g_ptr_array_find(group->owners, writer, NULL)) {
		cluster_fail("%s writes '%s' in the store of %s, which another has taken over",
			sim_actor->name, name, group->name);
	}
}

/* 7. */

static void check_group_at_rest(const struct service_group *group)
{
	const struct node *node = pacemaker_node(group->pacemaker);
	const struct process *process = node != NULL ? process_find_of(node, group->name) : NULL;

	if (process == NULL || process->service == NULL || process->service->state == NULL)
		cluster_fail("%s is served nowhere, long after the last fault (Pacemaker: %s%s%s)",
			group->name, pacemaker_doing(group->pacemaker), node != NULL ? " on " : "",
			node != NULL ? node->name : "");
	else if (process->service->state->phase != PHASE_SERVING ||
		 process->service->state->recovery_due)
		cluster_fail("the recovery of %s does not end: it is %s on %s, long after the last "
			     "fault",
			group->name, phase_name(process->service->state->phase), node->name);
	else if (node_grace_runs(node))
		return;
	else
		for (guint i = 0; i < cluster.clients->len; i++)
			check_claims(process, cluster.clients->pdata[i]);
}

void invariants_at_rest(void)
{
	for (guint i = 0; i < cluster.setup.groups && cluster.failure == NULL; i++)
		check_group_at_rest(cluster.groups[i]);
}
