/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "faults.h"

#include "chance.h"
#include "client.h"
#include "damage.h"
#include "disk.h"
#include "fencer.h"
#include "network.h"
#include "node.h"
#include "pacemaker.h"
#include "process.h"
#include "story.h"

#include <string.h>

/* A step that does not come is not waited for any longer. */
#define STEP_PATIENCE_US (30 * G_USEC_PER_SEC)
#define LOSS_THAT_MATTERS 20

static const struct {
	const char *name;
	guint weight;
} kinds[FAULT_COUNT] = {
	[FAULT_POWER] = {"power", 14},
	[FAULT_ALL_POWER] = {"all-power", 1},
	[FAULT_KILL] = {"kill", 12},
	[FAULT_MOVE] = {"move", 16},
	[FAULT_RESTART] = {"restart", 4},
	[FAULT_BLINK] = {"blink", 4},
	[FAULT_SERVER] = {"server", 7},
	[FAULT_STATD] = {"statd", 3},
	[FAULT_IDLE] = {"idle", 3},
	[FAULT_ISOLATE] = {"isolate", 4},
	[FAULT_FENCING] = {"fencing", 4},
	[FAULT_CLIENT_CUT] = {"client-cut", 6},
	[FAULT_CLIENT_REBOOT] = {"client-reboot", 4},
	[FAULT_CLIENT_DOWN] = {"client-down", 3},
	[FAULT_CLIENT_DEAF] = {"client-deaf", 3},
	[FAULT_LOSS] = {"loss", 3},
	[FAULT_DISK_STUCK] = {"disk-stuck", 3},
	[FAULT_DISK_FULL] = {"disk-full", 2},
	[FAULT_DISK_ERROR] = {"disk-error", 2},
	[FAULT_DAMAGE] = {"damage", 3},
	[FAULT_CLOCK] = {"clock", 3},
};

static const GArray *plan;
static guint next;
static guint timer;
static guint64 steps_left; /* until the next one; 0: it does not wait for one */
static gint64 last_us;     /* the end of the last one */
static gint64 network_trouble_us;
static gint64 disk_trouble_us[GROUPS_MAX];

const char *fault_name(enum fault_kind kind)
{
	return kinds[kind].name;
}

bool fault_from_name(const char *name, enum fault_kind *kind)
{
	for (guint i = 0; i < FAULT_COUNT; i++) {
		*kind = (enum fault_kind)i;
		if (g_str_equal(kinds[i].name, name))
			return true;
	}
	return false;
}

static enum fault_kind kind_of_chance(struct chance *chance)
{
	guint total = 0, drawn;

	for (guint i = 0; i < FAULT_COUNT; i++)
		total += kinds[i].weight;
	drawn = (guint)(chance_next(chance) >> 33) % total;
	for (guint i = 0;; i++) {
		if (drawn < kinds[i].weight)
			return (enum fault_kind)i;
		drawn -= kinds[i].weight;
	}
}

static guint below(struct chance *chance, guint limit)
{
	return (guint)(chance_next(chance) >> 33) % limit;
}

/* From a millisecond to a minute and a half: each order of magnitude as often. */
static gint64 pause_of_chance(struct chance *chance)
{
	static const gint64 spans_us[] = {
		10000, 200000, 2000000, 10000000, 30000000, 60000000, 90000000};
	gint64 span_us = spans_us[below(chance, G_N_ELEMENTS(spans_us))];

	return (gint64)(chance_next(chance) >> 2) % span_us;
}

GArray *faults_of_seed(guint64 seed, guint count)
{
	GArray *faults = g_array_new(FALSE, TRUE, sizeof(struct fault));
	struct chance chance = {.state = seed ^ G_GUINT64_CONSTANT(0xfa017)};

	for (guint i = 0; i < count; i++) {
		struct fault fault = {
			.kind = kind_of_chance(&chance),
			.after_us = pause_of_chance(&chance),
			.at_step = below(&chance, 3) == 0 ? 1 + below(&chance, 60) : 0,
			.who = below(&chance, 1000),
			.us = 200000 + (gint64)(chance_next(&chance) >> 2) % (25 * G_USEC_PER_SEC),
			.much = below(&chance, 100),
		};

		g_array_append_val(faults, fault);
	}
	return faults;
}

/* What they do */

static struct service_group *group_of(const struct fault *fault)
{
	return cluster.groups[fault->who % cluster.setup.groups];
}

static struct node *node_of(const struct fault *fault)
{
	return cluster.nodes[fault->who % cluster.setup.nodes];
}

static struct nfs_client *client_of(const struct fault *fault)
{
	return cluster.clients->pdata[fault->who % cluster.clients->len];
}

static void note_end(gint64 after_us)
{
	last_us = MAX(last_us, sim_now() + after_us);
}

static void back_to_cluster(void *data)
{
	struct node *node = data;

	if (!fencer_wants(node))
		node->isolated = false;
}

static void client_is_back(void *data)
{
	nfs_client_set_cut(data, false);
}

static void client_is_up(void *data)
{
	nfs_client_set_up(data, true);
}

static void client_hears(void *data)
{
	nfs_client_set_deaf(data, false);
}

static void network_is_well(void *data G_GNUC_UNUSED)
{
	story("packets get through again");
	network_set_loss(cluster.setup.loss_percent);
	network_trouble_us = sim_now();
}

static void disk_is_well(void *data)
{
	struct service_group *group = data;

	story("the disk of %s is well again", group->name);
	group->volume->full = false;
	group->volume->failing_syncs = 0;
	volume_set_stuck(group->volume, false);
	disk_trouble_us[group->number] = sim_now();
}

static void break_disk(const struct fault *fault)
{
	struct service_group *group = group_of(fault);
	gint64 us = fault->us;

	story("the disk of %s %s", group->name,
		fault->kind == FAULT_DISK_STUCK  ? "does not answer"
		: fault->kind == FAULT_DISK_FULL ? "is full"
						 : "fails");
	if (fault->kind == FAULT_DISK_STUCK)
		volume_set_stuck(group->volume, true);
	else if (fault->kind == FAULT_DISK_FULL)
		group->volume->full = true;
	else
		group->volume->failing_syncs = 1 + fault->much % 3;
	disk_trouble_us[group->number] = sim_now() + us;
	note_end(us);
	sim_after(us, NULL, disk_is_well, group);
}

static void break_client(const struct fault *fault)
{
	struct nfs_client *client = client_of(fault);

	if (fault->kind == FAULT_CLIENT_REBOOT) {
		if (client->up)
			nfs_client_reboot(client);
		return;
	}
	note_end(fault->us * 4);
	if (fault->kind == FAULT_CLIENT_DEAF) {
		nfs_client_set_deaf(client, true);
		sim_after(fault->us * 4, NULL, client_hears, client);
	} else if (fault->kind == FAULT_CLIENT_CUT) {
		nfs_client_set_cut(client, true);
		sim_after(fault->us * 4, NULL, client_is_back, client);
	} else {
		nfs_client_set_up(client, false);
		sim_after(fault->us * 4, NULL, client_is_up, client);
	}
}

static void lose_packets(const struct fault *fault)
{
	guint percent = 5 + fault->much * 6 / 10;

	story("%u %% of the packets get lost", percent);
	network_set_loss(percent);
	if (percent > LOSS_THAT_MATTERS)
		network_trouble_us = sim_now() + fault->us;
	note_end(fault->us);
	sim_after(fault->us, NULL, network_is_well, NULL);
}

static void set_clock(const struct fault *fault)
{
	struct node *node = node_of(fault);
	gint64 by_us = (fault->us - 12 * G_USEC_PER_SEC) * (1 + fault->much * 500);

	story("the clock of %s is set %+.0f s", node->name, (double)by_us / G_USEC_PER_SEC);
	node->wall_at_zero_us += by_us;
}

static void restart_server(struct node *node)
{
	if (!node->up || node->threads == 0)
		return;
	node_stop_server(node);
	node_start_server(node, 8);
}

static void isolate(const struct fault *fault)
{
	struct node *node = node_of(fault);

	if (!node->up)
		return;
	story("%s does not answer the cluster", node->name);
	node->isolated = true;
	note_end(fault->us);
	sim_after(fault->us, NULL, back_to_cluster, node);
}

static void kill_process(const struct fault *fault)
{
	const struct service_group *group = group_of(fault);
	const struct node *node = pacemaker_node(group->pacemaker);
	struct process *process = node != NULL ? process_find_of(node, group->name) : NULL;

	if (process != NULL)
		process_kill(process);
}

static void damage(const struct fault *fault)
{
	struct service_group *group = group_of(fault);
	const struct node *node = pacemaker_node(group->pacemaker);
	const struct process *process = node != NULL ? process_find_of(node, group->name) : NULL;

	if (process != NULL && process->phase == PHASE_SERVING)
		damage_store(group, fault->much % 2 == 0, fault->who / GROUPS_MAX);
}

static void cut_power(const struct fault *fault, struct node *node)
{
	fencer_cut(node, fault->us);
	note_end(fault->us);
}

static void strike_node(const struct fault *fault)
{
	switch (fault->kind) {
	case FAULT_POWER:
		cut_power(fault, node_of(fault));
		break;
	case FAULT_ALL_POWER:
		for (guint i = 0; i < cluster.setup.nodes; i++)
			cut_power(fault, cluster.nodes[i]);
		break;
	case FAULT_SERVER:
		restart_server(node_of(fault));
		break;
	case FAULT_STATD:
		node_restart_statd(node_of(fault));
		break;
	case FAULT_IDLE:
		node_forget_idle(node_of(fault));
		break;
	case FAULT_ISOLATE:
		isolate(fault);
		break;
	case FAULT_CLOCK:
		set_clock(fault);
		break;
	default:
		break;
	}
}

static void strike(const struct fault *fault)
{
	switch (fault->kind) {
	case FAULT_KILL:
		kill_process(fault);
		break;
	case FAULT_MOVE:
		pacemaker_move(group_of(fault)->pacemaker,
			cluster.nodes[fault->much % cluster.setup.nodes]);
		break;
	case FAULT_RESTART:
		pacemaker_restart(group_of(fault)->pacemaker);
		break;
	case FAULT_BLINK:
		pacemaker_blink(group_of(fault)->pacemaker);
		break;
	case FAULT_FENCING:
		fencer_hinder(fault->us, fault->much % 3);
		break;
	case FAULT_CLIENT_CUT:
	case FAULT_CLIENT_REBOOT:
	case FAULT_CLIENT_DOWN:
	case FAULT_CLIENT_DEAF:
		break_client(fault);
		break;
	case FAULT_LOSS:
		lose_packets(fault);
		break;
	case FAULT_DAMAGE:
		damage(fault);
		break;
	case FAULT_DISK_STUCK:
	case FAULT_DISK_FULL:
	case FAULT_DISK_ERROR:
		break_disk(fault);
		break;
	default:
		strike_node(fault);
		break;
	}
}

/* When they come */

static void await_next(void);

static void come(void *data G_GNUC_UNUSED)
{
	const struct fault *fault = &g_array_index(plan, struct fault, next);

	sim_cancel(&timer);
	steps_left = 0;
	next++;
	note_end(0);
	strike(fault);
	await_next();
}

static struct fault struck; /* the same, of the node or group that makes the step */

static void come_there(void *data G_GNUC_UNUSED)
{
	sim_cancel(&timer);
	next++;
	note_end(0);
	strike(&struck);
	await_next();
}

static void count_step(void)
{
	const struct node *node = sim_actor != NULL ? sim_actor->node : NULL;

	if (steps_left == 0 || node == NULL || actor_is_dead() || --steps_left > 0)
		return;
	struck = g_array_index(plan, struct fault, next);
	if (struck.kind == FAULT_POWER || struck.kind == FAULT_SERVER)
		struck.who = node->number;
	sim_after(0, NULL, come_there, NULL);
	/* Before the write or the sync is made. */
	if (fiber_is_in())
		fiber_sleep(1);
}

static void await_next(void)
{
	const struct fault *fault;

	steps_left = 0;
	if (next >= plan->len)
		return;
	fault = &g_array_index(plan, struct fault, next);
	if (fault->at_step == 0) {
		timer = sim_after(fault->after_us, NULL, come, NULL);
		return;
	}
	steps_left = fault->at_step;
	timer = sim_after(STEP_PATIENCE_US, NULL, come, NULL);
}

void faults_begin(const GArray *faults)
{
	plan = faults;
	next = 0;
	last_us = 0;
	network_trouble_us = 0;
	memset(disk_trouble_us, 0, sizeof(disk_trouble_us));
	disk_step = count_step;
	await_next();
}

void faults_end(void)
{
	disk_step = NULL;
	timer = 0;
	steps_left = 0;
}

bool faults_are_over(gint64 for_us)
{
	return next >= plan->len && sim_now() > last_us + for_us;
}

gint64 faults_network_trouble_us(void)
{
	return network_trouble_us;
}

gint64 faults_disk_trouble_us(const struct service_group *group)
{
	return disk_trouble_us[group->number];
}
