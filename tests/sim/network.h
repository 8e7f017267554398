/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_NETWORK_H
#define LOCKFERRY_TESTS_SIM_NETWORK_H

/* The network between the nodes' floating addresses and the clients: packets take time, are lost,
 * and come twice. */

#include "client.h"
#include "cluster.h"
#include "scheduler.h"

/* Where a floating address is; NULL: nowhere. */
struct node *network_node_of(const char *address);

/* A group's address comes to a node, or goes (NULL). Who watches is told. */
void network_move(struct service_group *group, guint address, struct node *to);

/* Call `told` for every change of an address, as rtnetlink(7) reports it. */
void network_watch(struct actor *whose, sim_due told, void *data);
void network_unwatch(void *data);

struct nfs_client *network_client(const char *address);

/* Whether a packet between them gets through now; and how long it takes. */
bool network_passes(struct nfs_client *client);
gint64 network_delay_us(void);

/* TCP sends again what is lost: when it sends what gets there, from now; negative: no way. */
gint64 network_resend_us(struct nfs_client *client);

/* So many percent more are lost. */
void network_set_loss(guint percent);
guint network_loss(void);

/* An answer of a client's to a packet that it was given. */
void network_reply(void *reply_to, const guint8 *bytes, gsize length);

void network_begin(void);
void network_end(void);

#endif
