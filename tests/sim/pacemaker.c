/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pacemaker.h"

#include "chance.h"
#include "control/client.h"
#include "fencer.h"
#include "network.h"
#include "process.h"
#include "server/own.h"
#include "service/handover.h"
#include "statd.h"
#include "story.h"

#include <json-glib/json-glib.h>

#define START_TIMEOUT_US (90 * G_USEC_PER_SEC)
#define STOP_TIMEOUT_MS 40000
#define MONITOR_US (5 * G_USEC_PER_SEC)
#define EVIDENCE_S 45

#define SERVER_THREADS 8

struct pacemaker {
	struct service_group *group;
	struct node *where;  /* its resources may be active there; NULL: nowhere */
	struct node *wanted; /* NULL: anywhere */
	struct node *avoid;  /* a start failed there */
	guint boot;          /* of that node, when it was started there */
	bool calm;           /* started, and the last look found nothing wrong */
	bool again;          /* a restart was asked for */
	bool blink;
	const char *doing;
};

/* What an agent does on a node: a program, which ends with the node. */
struct action {
	struct service_group *group;
	bool (*run)(struct action *self);
	bool good;
	bool done;
	GArray *waiter;
};

static void action_main(void *data)
{
	struct action *self = data;

	self->good = self->run(self) && !actor_is_dead();
	self->done = true;
	fiber_wake_all(self->waiter);
}

static bool run_action(
	struct node *node, struct service_group *group, bool (*run)(struct action *self))
{
	struct action action = {.group = group, .run = run};

	if (!node->up || actor_is_dead())
		return false;
	action.waiter = g_array_new(FALSE, FALSE, sizeof(guint));
	fiber_start(cluster_actor(node, "agent"), action_main, &action);
	while (!action.done)
		fiber_park_in(action.waiter);
	g_array_unref(action.waiter);
	return action.good;
}

static void pause_us(gint64 least, gint64 most)
{
	fiber_sleep(chance_us(least, most));
}

/* Starting */

static bool mount_filesystem(struct action *self)
{
	struct node *node = sim_actor->node;

	pause_us(10000, 400000);
	if (actor_is_dead())
		return false;
	node_mount(node, self->group);
	if (cluster.setup.server_in_group && !cluster.setup.own_server)
		node_start_server(node, SERVER_THREADS);
	return true;
}

static bool start_process(struct action *self)
{
	struct node *node = sim_actor->node;
	struct process *process;

	if (process_find_of(node, self->group->name) != NULL)
		return true;
	process = process_start(self->group, node, EVIDENCE_S);
	if (process_await(process, PROCESS_READY, START_TIMEOUT_US))
		return true;
	if (process->state != PROCESS_ENDED)
		cluster_kill_soon(process);
	return false;
}

/* Some come late, and some so late that grace is over, however often it began again. */
static gint64 address_delay_us(void)
{
	if (chance_one_in(25))
		return 120 * G_USEC_PER_SEC;
	return chance_one_in(5) ? 8 * G_USEC_PER_SEC : G_USEC_PER_SEC;
}

/* What goes on beside it is monitored: whether the process still lives. */
static bool wait_beside_monitor(const struct service_group *group, gint64 us)
{
	gint64 until_us = sim_now() + us;

	do {
		fiber_sleep(MIN(MONITOR_US, MAX(until_us - sim_now(), 0)));
		if (actor_is_dead() || process_find_of(sim_actor->node, group->name) == NULL)
			return false;
	} while (sim_now() < until_us);
	return true;
}

static bool bring_addresses(struct action *self)
{
	for (guint i = 0; i < cluster.setup.addresses; i++) {
		if (!wait_beside_monitor(self->group, chance_us(5000, address_delay_us())))
			return false;
		network_move(self->group, i, sim_actor->node);
	}
	return true;
}

static bool start(struct pacemaker *self, struct node *node)
{
	self->where = node;
	self->doing = "start";
	story("Pacemaker starts %s on %s", self->group->name, node->name);
	return run_action(node, self->group, mount_filesystem) &&
	       run_action(node, self->group, start_process) &&
	       run_action(node, self->group, bring_addresses);
}

/* Stopping */

static bool take_addresses(struct action *self)
{
	for (guint i = cluster.setup.addresses; i-- > 0;) {
		pause_us(5000, 300000);
		if (actor_is_dead())
			return false;
		if (self->group->address_at[i] == sim_actor->node)
			network_move(self->group, i, NULL);
	}
	return true;
}

/* What the process did not do, `lockferry stop` does. */
static bool hand_over(struct service_group *group)
{
	struct group_options options = process_options(group, sim_actor->node);
	g_autoptr(GError) error = NULL;
	bool released;

	options.node = NULL;
	if (handover_without_process(&options, &released, &error))
		return true;
	story("%s cannot be handed over on %s: %s", group->name, sim_actor->node->name,
		error->message);
	return false;
}

/* `lockferry server stop` has the same done in the group's namespaces, and then stops whatever
 * server is left there. */
static bool end_without_process(struct service_group *group)
{
	return hand_over(group) &&
	       (!cluster.setup.own_server || own_server_stop(SIM_RUN_DIR, group->name, 0, NULL));
}

/* As helper/cmd/stop.c has it. */
static bool stop_process(struct action *self)
{
	const char *group = self->group->name;
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonObject) answer =
		control_ask(SIM_RUN_DIR, group, "stop", STOP_TIMEOUT_MS * 5 / 8, &error);
	bool good;

	if (answer != NULL && json_object_has_member(answer, "error"))
		return false;
	if (answer == NULL)
		control_kill(SIM_RUN_DIR, group);
	if (!control_wait_gone(SIM_RUN_DIR, group, STOP_TIMEOUT_MS / 4, NULL))
		return false;
	good = answer != NULL || end_without_process(self->group);
	control_forget(SIM_RUN_DIR, group);
	return good;
}

static bool unmount_filesystem(struct action *self)
{
	struct node *node = sim_actor->node;

	pause_us(5000, 200000);
	if (actor_is_dead() || process_find_of(node, self->group->name) != NULL)
		return false;
	node_drop_locks_of(node, self->group);
	if (cluster.setup.server_in_group)
		node_stop_server(node);
	if (!cluster.setup.shared_disk) {
		volume_sync(self->group->volume);
		node_unmount(node, self->group);
	}
	return !actor_is_dead();
}

static bool stop(struct pacemaker *self, bool all)
{
	struct node *node = self->where;

	self->calm = false;
	self->doing = "stop";
	story("Pacemaker stops %s on %s", self->group->name, node->name);
	if (run_action(node, self->group, take_addresses) &&
		run_action(node, self->group, stop_process) &&
		(!all || run_action(node, self->group, unmount_filesystem))) {
		self->where = all ? NULL : node;
		return true;
	}
	/* A stop that fails leaves nothing else. */
	if (node->up)
		fencer_want(node, "a stop failed there");
	return false;
}

/* Looking after */

static bool ask_status(struct action *self)
{
	g_autoptr(JsonObject) status =
		control_ask(SIM_RUN_DIR, self->group->name, "status", 20000, NULL);
	JsonArray *problems = status != NULL && json_object_has_member(status, "problems")
				      ? json_object_get_array_member(status, "problems")
				      : NULL;

	if (problems == NULL)
		return false;
	if (json_array_get_length(problems) > 0)
		story("monitor of %s: %s", self->group->name,
			json_array_get_string_element(problems, 0));
	return json_array_get_length(problems) == 0;
}

static void blink(struct pacemaker *self)
{
	self->blink = false;
	self->doing = "address restart";
	if (run_action(self->where, self->group, take_addresses))
		run_action(self->where, self->group, bring_addresses);
}

static void look_after(struct pacemaker *self)
{
	self->doing = "monitor";
	fiber_sleep(chance_us(MONITOR_US / 2, MONITOR_US));
	if (!self->where->up || fencer_wants(self->where))
		return;
	if (self->blink)
		blink(self);
	self->calm = run_action(self->where, self->group, ask_status);
	if (self->again || (!self->calm && self->where->up)) {
		self->again = false;
		/* In place: what is below the process goes on. */
		if (stop(self, false) && !start(self, self->where))
			stop(self, true);
	}
}

static struct node *choose(const struct pacemaker *self)
{
	struct node *found = NULL;

	for (guint i = 0; i < cluster.setup.nodes; i++) {
		struct node *one = cluster.nodes[i];

		if (!one->up || one->isolated || fencer_wants(one))
			continue;
		if (one == self->wanted)
			return one;
		if (found == NULL || found == self->avoid)
			found = one;
	}
	return found;
}

/* The node does not answer: nothing is started elsewhere before it is certain that it is down. */
static void await_fencing(struct pacemaker *self)
{
	self->calm = false;
	self->doing = "fencing";
	fencer_want(self->where, "it does not answer");
	while (fencer_wants(self->where) && !actor_is_dead())
		fiber_sleep(200000);
	self->where = NULL;
}

static void manage(void *data)
{
	struct pacemaker *self = data;

	while (!actor_is_dead()) {
		struct node *node;

		fiber_sleep(chance_us(100000, 1000000));
		if (self->where != NULL &&
			(!self->where->up || self->where->isolated || fencer_wants(self->where) ||
				self->boot != self->where->boots)) {
			pause_us(500000, 4000000);
			await_fencing(self);
		} else if (self->where != NULL && self->wanted != NULL &&
			   self->wanted != self->where && self->wanted->up) {
			stop(self, true);
		} else if (self->where != NULL) {
			look_after(self);
		} else if ((node = choose(self)) != NULL) {
			self->boot = node->boots;
			if (!start(self, node)) {
				self->avoid = node;
				if (node->up && node->boots == self->boot)
					stop(self, true);
			}
		}
		self->doing = "nothing";
	}
}

struct pacemaker *pacemaker_new(struct service_group *group)
{
	struct pacemaker *self = g_new0(struct pacemaker, 1);

	self->group = group;
	self->doing = "nothing";
	self->wanted = cluster.nodes[group->number % cluster.setup.nodes];
	fiber_start(cluster_actor(NULL, "Pacemaker"), manage, self);
	return self;
}

void pacemaker_free(struct pacemaker *self)
{
	g_free(self);
}

void pacemaker_move(struct pacemaker *self, struct node *to)
{
	story("the administrator moves %s to %s", self->group->name, to->name);
	self->wanted = to;
}

void pacemaker_restart(struct pacemaker *self)
{
	self->again = true;
}

void pacemaker_blink(struct pacemaker *self)
{
	self->blink = true;
}

struct node *pacemaker_node(const struct pacemaker *self)
{
	return self->where;
}

bool pacemaker_is_calm(const struct pacemaker *self)
{
	return self->calm && self->where != NULL;
}

const char *pacemaker_doing(const struct pacemaker *self)
{
	return self->doing;
}
