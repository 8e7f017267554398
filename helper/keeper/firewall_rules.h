/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_FIREWALL_RULES_H
#define LOCKFERRY_KEEPER_FIREWALL_RULES_H

/*
 * The default rules of the firewall in a group's network namespace, for nft(8): in comes what NFS
 * needs, from the clients that the exports name. Pure.
 *
 * What may come to the server: rpcbind, NFS, rpc.mountd, rpc.statd and lockd, by TCP and UDP; ICMP,
 * without which neither IPv6 nor large packets work; and the answers to its own questions: clients
 * are notified (SM_NOTIFY), and told that a lock for which they wait is granted (NLM_GRANTED).
 *
 * What else a client sends by TCP is reset, not dropped. A client that comes from a server whose
 * lockd had another port still has a connection to that port, and uses it for its reclaims until
 * somebody resets it (net/tickle.h): it would lose its locks.
 */

#include "keeper/export_clients.h"
#include "keeper/server_options.h"

/* What the first line begins with; it goes on with who may come in. */
#define FIREWALL_RULES_FROM "# made by lockferry: only NFS, from "

/* `clients`: those of the exports. The caller frees the text. */
char *firewall_rules(const server_options *options, const export_clients *clients);

#endif
