/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_PACEMAKER_H
#define LOCKFERRY_TESTS_SIM_PACEMAKER_H

/*
 * A model of Pacemaker and of the agents: one manager for each group, which starts and stops its
 * resources in their order (Filesystem, NFS server, exportfs, nfslock, the addresses), looks after
 * them, and has nodes fenced that do not answer before anything of theirs is started elsewhere.
 */

#include "cluster.h"
#include "node.h"

struct pacemaker;

struct pacemaker *pacemaker_new(struct service_group *group);
void pacemaker_free(struct pacemaker *self);

/* Have the group on that node, from now on. */
void pacemaker_move(struct pacemaker *self, struct node *to);

/* Stop and start it where it is. */
void pacemaker_restart(struct pacemaker *self);

/* Take its addresses away for a moment. */
void pacemaker_blink(struct pacemaker *self);

/* Where it is; NULL. */
struct node *pacemaker_node(const struct pacemaker *self);
bool pacemaker_is_calm(const struct pacemaker *self);
const char *pacemaker_doing(const struct pacemaker *self);

#endif
