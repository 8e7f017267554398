/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_PACEMAKER_H
#define LOCKFERRY_TESTS_SIM_PACEMAKER_H

/*
 * A model of Pacemaker and of the agents. Each group has one manager. It starts and stops the
 * group's resources in their order (Filesystem, NFS server, exportfs, nfslock, the addresses), and
 * monitors them. If a node does not answer, it has the node fenced before it starts anything of
 * that node elsewhere.
 */

#include "cluster.h"
#include "node.h"

struct pacemaker;

struct pacemaker *pacemaker_new(struct service_group *group);
void pacemaker_free(struct pacemaker *self);

/* Moves the group to this node. */
void pacemaker_move(struct pacemaker *self, struct node *to);

/* Stops the group and starts it on the same node. */
void pacemaker_restart(struct pacemaker *self);

/* Removes the group's addresses for a moment. */
void pacemaker_blink(struct pacemaker *self);

/* The node that has the group; NULL: none. */
struct node *pacemaker_node(const struct pacemaker *self);
bool pacemaker_is_calm(const struct pacemaker *self);
const char *pacemaker_doing(const struct pacemaker *self);

#endif
