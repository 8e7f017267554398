/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_STATD_H
#define LOCKFERRY_TESTS_SIM_STATD_H

/*
 * A model of rpc.statd: it writes a client's record, runs lockferry-callout and waits for it, one
 * client after the other, and only then does lockd grant the first lock. Source: nfs-utils
 * utils/statd/monitor.c, support/nsm/file.c.
 */

#include "node.h"

#define SIM_SM_DIR SIM_ROOT "/var/sm"
#define SIM_RUN_DIR SIM_ROOT "/run"

/* lockd has that client monitored; `done` unless the node goes, or statd does not run. */
typedef void (*statd_done)(void *data);
void statd_monitor(struct node *node, struct nfs_client *client, statd_done done, void *data);

/* It has it monitored no more. */
void statd_unmonitor(struct node *node, const struct nfs_client *client);

/* The lock manager is gone, and what waits there is forgotten: a real one waits for the one answer
 * that it has asked for before it ends. */
void statd_forget(struct node *node);

#endif
