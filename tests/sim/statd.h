/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_STATD_H
#define LOCKFERRY_TESTS_SIM_STATD_H

/*
 * A model of rpc.statd. It writes a client's record, runs lockferry-callout and waits for it, for
 * one client after the other. Only then does lockd grant the first lock. Source: nfs-utils
 * utils/statd/monitor.c, support/nsm/file.c.
 */

#include "node.h"

#define SIM_SM_DIR SIM_ROOT "/var/sm"
#define SIM_RUN_DIR SIM_ROOT "/run"

/* lockd asks statd to monitor this client. `done` is called, unless the node goes down or statd
 * does not run. */
typedef void (*statd_done)(void *data);
void statd_monitor(struct node *node, struct nfs_client *client, statd_done done, void *data);

/* lockd asks statd to un-monitor this client. */
void statd_unmonitor(struct node *node, const struct nfs_client *client);

/* Drops all waiting requests. */
void statd_forget(struct node *node);

#endif
