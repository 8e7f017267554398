/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NODE_FENCING_H
#define LOCKFERRY_NODE_FENCING_H

/*
 * What Pacemaker knows about a node that does not answer: when it was fenced, and whether it has
 * booted since. Asked by Pacemaker's own programs, so that no version of a library is depended on.
 * Both block for five seconds at most.
 */

#include "cluster/fencing_history.h"

/* The attribute of a node in which the agent publishes the node's boot id: see agent/nfslock.in. */
#define FENCING_BOOT_ATTRIBUTE "lockferry-boot"

/*
 * The fencing history of all nodes; the caller frees it. NULL with `error`, whose message is the
 * reason, where it cannot be asked: not installed, not running (no fencer answers), timeout,
 * failed. That is not "never fenced", which is a history without the node.
 */
fencing_history *fencing_ask(GError **error);

/*
 * The boot id that the node published since it joined the cluster; the caller frees it. Pacemaker
 * forgets it when the node leaves, so it is that of the kernel that runs there now. NULL without
 * `error`: the node is not a member of the cluster, or it has published nothing. NULL with `error`:
 * as above.
 */
char *fencing_boot_of(const char *node, GError **error);

#endif
