/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_INVARIANTS_H
#define LOCKFERRY_TESTS_SIM_INVARIANTS_H

/*
 * What must always hold. invariants.c states it; the models tell it what happens. The first that
 * does not hold ends the run (cluster_fail()).
 */

#include "client.h"
#include "node.h"
#include "process.h"

/* After each step. */
void invariants_look(void);

/* All faults are long over. */
void invariants_at_rest(void);

/* What happens. */
void invariants_granted(const struct node *node, const struct lock_call *call);
void invariants_server_lost(const struct node *node, const struct service_group *only);
void invariants_reclaim_refused(const struct claim *claim, enum lock_answer answer);
void invariants_sent(const struct process *process, const struct nfs_client *client,
	const char *from, guint port, const guint8 *bytes, gsize length);
void invariants_heard(struct nfs_client *client, const struct service_group *group);
void invariants_ready(struct process *process);
void invariants_killed(const struct process *process);

#endif
