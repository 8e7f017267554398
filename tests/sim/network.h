/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_NETWORK_H
#define LOCKFERRY_TESTS_SIM_NETWORK_H

/* The network between the floating addresses and the clients. Packets take time, may be lost, and
 * may arrive twice. */

#include "client.h"
#include "cluster.h"
#include "scheduler.h"

/* The node that has a floating address; NULL: none. */
struct node *network_node_of(const char *address);

/* Moves an address of a group to a node, or away (NULL), and reports it to the watchers. */
void network_move(struct service_group *group, guint address, struct node *to);

/* Calls `told` for every change of an address, as rtnetlink(7) reports it. */
void network_watch(struct actor *whose, sim_due told, void *data);
void network_unwatch(void *data);

struct nfs_client *network_client(const char *address);

/* Whether a packet from or to this client gets through now, and how long it takes. */
bool network_passes(const struct nfs_client *client);
gint64 network_delay_us(void);

/* The same over TCP, which repeats lost packets: how long it takes; negative: it cannot get
 * through. */
gint64 network_stream_us(const struct nfs_client *client);

/* Lets `percent` more of the packets be lost. */
void network_set_loss(guint percent);
guint network_loss(void);

/* Sends a client's answer to a packet that it received. */
void network_reply(void *reply_to, const guint8 *bytes, gsize length);

void network_begin(void);
void network_end(void);

#endif
