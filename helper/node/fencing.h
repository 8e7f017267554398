/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NODE_FENCING_H
#define LOCKFERRY_NODE_FENCING_H

/*
 * What Pacemaker knows about a node that does not answer: when it was fenced, and whether it has
 * booted since. Pacemaker's own programs are run for this, so that no version of a library is
 * needed. Both functions block for at most five seconds.
 */

#include "cluster/fencing_history.h"

/* The node attribute in which the agent publishes the node's boot id, see agent/nfslock.in. */
#define FENCING_BOOT_ATTRIBUTE "lockferry-boot"

/*
 * Returns the fencing history of all nodes. The caller frees it. Returns NULL with `error` if the
 * history cannot be asked: not installed, not running (no fencer answers), timeout, or failed. The
 * message gives the reason. That case does not mean "never fenced", which is a history without the
 * node.
 */
fencing_history *fencing_ask(GError **error);

/*
 * Returns the boot id that the node has published since it joined the cluster. The caller frees it.
 * Pacemaker forgets it when the node leaves, so it belongs to the kernel that runs there now.
 * Returns NULL without `error` if the node is not a member of the cluster, or has published
 * nothing. Returns NULL with `error` as above.
 */
char *fencing_boot_of(const char *node, GError **error);

#endif
