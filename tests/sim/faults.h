/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_FAULTS_H
#define LOCKFERRY_TESTS_SIM_FAULTS_H

/*
 * The faults of a run, and when they come: a list from which any may be left out (main.c shrinks
 * it). A fault comes some time after the one before, often so soon that the recovery from that one
 * is still running. It may also come at a certain write or sync after the one before, and at the
 * place where that is made.
 */

#include "cluster.h"

enum fault_kind {
	FAULT_POWER,     /* a node loses its power */
	FAULT_ALL_POWER, /* all nodes lose their power */
	FAULT_KILL,      /* a group's process is killed */
	FAULT_MOVE,      /* the administrator moves a group */
	FAULT_RESTART,   /* a group is restarted in place */
	FAULT_BLINK,     /* the addresses of a group go and come back */
	FAULT_SERVER,    /* somebody restarts the NFS server of a node */
	FAULT_STATD,     /* rpc.statd is restarted */
	FAULT_IDLE,      /* lockd forgets idle clients */
	FAULT_ISOLATE,   /* a node does not answer the cluster, but still answers clients */
	FAULT_FENCING,   /* fencing is late, and fails at first */
	FAULT_CLIENT_CUT,
	FAULT_CLIENT_REBOOT,
	FAULT_CLIENT_DOWN,
	FAULT_CLIENT_DEAF, /* its statd does not run; its locks go on */
	FAULT_LOSS,        /* packets get lost */
	FAULT_DISK_STUCK,
	FAULT_DISK_FULL,
	FAULT_DISK_ERROR,
	FAULT_DAMAGE, /* somebody removes or changes a file of a store that is in use */
	FAULT_CLOCK,  /* a node's clock is set */
	FAULT_COUNT
};

struct fault {
	enum fault_kind kind;
	gint64 after_us; /* after the fault before */
	guint at_step;   /* number of disk steps after that; 0: by time alone */
	guint who;       /* selects the node, group or client that it concerns */
	gint64 us;       /* how long it lasts */
	guint much;
};

/* Makes the faults of a seed, as an array of struct fault. */
GArray *faults_of_seed(guint64 seed, guint count);

const char *fault_name(enum fault_kind kind);
bool fault_from_name(const char *name, enum fault_kind *kind);

/* `faults` is borrowed. */
void faults_begin(const GArray *faults);
void faults_end(void);

/* Whether all faults have come, and ended, at least `for_us` ago. */
bool faults_are_over(gint64 for_us);

/* When the network, or the disk of a group, last had trouble. */
gint64 faults_network_trouble_us(void);
gint64 faults_disk_trouble_us(const struct service_group *group);

#endif
