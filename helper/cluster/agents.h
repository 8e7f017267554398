/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CLUSTER_AGENTS_H
#define LOCKFERRY_CLUSTER_AGENTS_H

#include <stdbool.h>

/* Finds what a resource does by the name of its agent. Pure. */

enum agent_kind {
	AGENT_UNKNOWN, /* it may be any of the kinds below */
	AGENT_LOCKS,
	AGENT_OWN_SERVER, /* a group with an NFS server of its own: server, exports and address */
	AGENT_FILESYSTEM, /* mounts a filesystem */
	AGENT_STORAGE,    /* provides what a filesystem is on: a volume, a pool, a disk */
	AGENT_EXPORT,
	AGENT_SERVER,
	AGENT_ADDRESS,
	AGENT_HARMLESS, /* neither storage, nor an NFS server, nor an address */
};

/* `agent`: "ocf:heartbeat:IPaddr2", "systemd:nfs-server". */
enum agent_kind agent_kind(const char *agent);

/* The directory of a systemd mount unit ("systemd:srv-nfs.mount": /srv/nfs; systemd.unit(5), string
 * escaping). NULL: not a mount unit. The caller frees it. */
char *agent_mount_dir(const char *agent);

/* Whether an agent that moves an address only tells the network where the address is, and does not
 * set it on the node. */
bool agent_only_tells_network(const char *agent);

/* The parameter with the address of an agent that moves an address; NULL: not known. */
const char *agent_address_parameter(const char *agent);

#endif
