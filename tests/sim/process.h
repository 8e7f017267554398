/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_PROCESS_H
#define LOCKFERRY_TESTS_SIM_PROCESS_H

/* The process of a group on a node: `lockferry serve`, all of it the real one. */

#include "cluster.h"
#include "control/server.h"
#include "group/phase.h"
#include "node.h"
#include "service/service.h"

enum process_state {
	PROCESS_STARTS, /* it takes the group over */
	PROCESS_READY,
	PROCESS_ENDED, /* by itself, or it was killed: the object stays until it is freed */
};

struct process {
	struct actor actor; /* first: sim_actor of a group's process is one */
	char *name;
	struct service_group *group;
	struct node *node;
	struct group_options options;
	service *service; /* NULL: it has ended */
	enum process_state state;
	bool failed;      /* it could not take the group over */
	char *why;        /* owned */
	control *socket;  /* NULL: none is open */
	enum phase phase; /* as invariants.c saw it last */
	gint64 began_us;
	gint64 reclaiming_since_us, serving_since_us;
	GArray *waiters; /* fibers that wait for a change of its state */
};

/* The agent runs `lockferry serve`. It begins to take the group over. NULL: it ended at once. */
struct process *process_start(struct service_group *group, struct node *node, gint64 evidence_s);

/* Of a fiber: until it is ready, or has ended, or the time is over. */
bool process_await(struct process *self, enum process_state state, gint64 timeout_us);

/* SIGKILL. Not of itself. */
void process_kill(struct process *self);

/* That of the group on the node which lives; NULL. */
struct process *process_find_of(const struct node *node, const char *group);

struct group_options process_options(const struct service_group *group, const struct node *node);

#endif
