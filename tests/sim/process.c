/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "process.h"

#include "base/clock.h"
#include "control/place.h"
#include "files.h"
#include "invariants.h"
#include "statd.h"
#include "story.h"

#include <unistd.h>

static void is_ready(void *data)
{
	struct process *self = data;

	self->state = PROCESS_READY;
	fiber_wake_all(self->waiters);
	invariants_ready(self);
}

static void end(void *data)
{
	struct process *self = data;
	g_autoptr(GError) error = NULL;
	service *ending = g_steal_pointer(&self->service);

	if (ending == NULL)
		return;
	self->actor.ending = true;
	if (!service_end(ending, &error) && !self->actor.dead) {
		self->failed = true;
		self->why = g_strdup(error->message);
		story("%s ends: %s", self->name, error->message);
	} else if (!self->actor.dead) {
		story("%s ends", self->name);
	}
	self->actor.dead = true;
	self->state = PROCESS_ENDED;
	g_ptr_array_remove(cluster.processes, self);
	fiber_wake_all(self->waiters);
}

/* Not from within the service itself. */
static void has_ended(void *data)
{
	struct process *self = data;

	if (!self->actor.dead)
		fiber_start(&self->actor, end, self);
}

static const struct service_events events = {.ready = is_ready, .ended = has_ended};

struct group_options process_options(const struct service_group *group, const struct node *node)
{
	struct group_options options = group->options;

	options.node = node->name;
	options.sm_dir = SIM_SM_DIR;
	options.run_dir = SIM_RUN_DIR;
	options.kernel = (struct kernel){
		.nfsd_dir = SIM_KERNEL "nfsd",
		.lockd_dir = SIM_KERNEL "lockd",
		.proc_dir = SIM_KERNEL "proc",
		.rpc_nfsd = "/usr/sbin/rpc.nfsd",
	};
	return options;
}

struct process *process_start(struct service_group *group, struct node *node, gint64 evidence_s)
{
	struct process *self = g_new0(struct process, 1);
	struct actor *acting = sim_actor;
	g_autoptr(GError) error = NULL;

	self->name = g_strdup_printf("%s on %s", group->name, node->name);
	self->actor.node = node;
	self->actor.name = self->name;
	self->group = group;
	self->node = node;
	self->began_us = sim_now();
	self->options = process_options(group, node);
	self->waiters = g_array_new(FALSE, FALSE, sizeof(guint));
	cluster_own_process(self);
	sim_actor = &self->actor;
	self->options.evidence_until_us = clock_now_us() + evidence_s * G_USEC_PER_SEC;
	self->service = service_start(&self->options, &events, self, &error);
	sim_actor = acting;
	if (self->service == NULL) {
		story("%s cannot start: %s", self->name, error->message);
		self->failed = true;
		self->state = PROCESS_ENDED;
		self->actor.dead = true;
		return self;
	}
	g_ptr_array_add(cluster.processes, self);
	return self;
}

bool process_await(struct process *self, enum process_state state, gint64 timeout_us)
{
	gint64 until_us = sim_now() + timeout_us;

	while (self->state != state && self->state != PROCESS_ENDED && sim_now() < until_us &&
		!actor_is_dead())
		fiber_sleep(50000);
	return self->state == state;
}

void process_kill(struct process *self)
{
	if (self->actor.dead)
		return;
	story("%s is killed", self->name);
	invariants_killed(self);
	actor_kill(&self->actor);
	if (self->service != NULL) {
		struct actor *acting = sim_actor;

		sim_actor = &self->actor;
		end(self);
		sim_actor = acting;
	}
	self->state = PROCESS_ENDED;
	g_ptr_array_remove(cluster.processes, self);
	fiber_wake_all(self->waiters);
}

struct process *process_find_of(const struct node *node, const char *group)
{
	for (guint i = 0; i < cluster.processes->len; i++) {
		struct process *one = cluster.processes->pdata[i];

		if (one->node == node && g_str_equal(one->group->name, group))
			return one;
	}
	return NULL;
}
