/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CLUSTER_AGENTS_H
#define LOCKFERRY_CLUSTER_AGENTS_H

/* What the agents of resources do, by their names. Pure. */

enum agent_kind {
	AGENT_UNKNOWN, /* it may be any of those below */
	AGENT_LOCKS,
	AGENT_FILESYSTEM, /* mounts one */
	AGENT_STORAGE,    /* what filesystems are on: volumes, pools, disks */
	AGENT_EXPORT,
	AGENT_SERVER,
	AGENT_ADDRESS,
	AGENT_HARMLESS, /* neither storage nor server nor address */
};

/* `agent`: "ocf:heartbeat:IPaddr2", "systemd:nfs-server". */
enum agent_kind agent_kind(const char *agent);

/* The directory that a systemd mount unit is for ("systemd:srv-nfs.mount": /srv/nfs;
 * systemd.unit(5), string escaping); NULL: not one. The caller frees it. */
char *agent_mount_dir(const char *agent);

/* The parameter by which such an agent is told its address; NULL: none that is known. */
const char *agent_address_parameter(const char *agent);

#endif
