/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_FAULTS_H
#define LOCKFERRY_TESTS_SIM_FAULTS_H

/*
 * What breaks, and when: a list, of which any may be left out (main.c, which shrinks it). A fault
 * comes some time after the one before, often so soon that the recovery from that is under way; or
 * at a certain write or sync of a disk after it, and then where that is made.
 */

#include "cluster.h"

enum fault_kind {
	FAULT_POWER,     /* a node loses its power */
	FAULT_ALL_POWER, /* all nodes do */
	FAULT_KILL,      /* a group's process is killed */
	FAULT_MOVE,      /* the administrator moves a group */
	FAULT_RESTART,   /* a group is restarted in place */
	FAULT_BLINK,     /* its addresses go and come */
	FAULT_SERVER,    /* somebody restarts the NFS server of a node */
	FAULT_STATD,     /* rpc.statd is restarted */
	FAULT_IDLE,      /* lockd forgets idle clients */
	FAULT_ISOLATE,   /* a node does not answer the cluster, but its clients */
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
	gint64 after_us; /* the one before */
	guint at_step;   /* the so-many-th step of a disk after that; 0: by time alone */
	guint who;       /* a number of whom it concerns, whatever there is */
	gint64 us;       /* how long it lasts */
	guint much;
};

/* Those of a seed, as an array. */
GArray *faults_of_seed(guint64 seed, guint count);

const char *fault_name(enum fault_kind kind);
bool fault_from_name(const char *name, enum fault_kind *kind);

/* They are borrowed. */
void faults_begin(const GArray *faults);
void faults_end(void);

/* All have come, and their ends, so long ago. */
bool faults_are_over(gint64 for_us);

/* When the network or the disk of a group was last in trouble. */
gint64 faults_network_trouble_us(void);
gint64 faults_disk_trouble_us(const struct service_group *group);

#endif
