/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_CLIENT_H
#define LOCKFERRY_TESTS_SIM_CLIENT_H

/*
 * An NFS client: it takes locks and gives them back, hears SM_NOTIFY and reclaims.
 *
 * Linux accepts SM_NOTIFY if its state number is another than the last one of that server, and the
 * name in it, or the address it comes from, is one that it has mounted by; other systems go by the
 * name alone. A reclaim that is refused is a lock that is gone, without a word to the application.
 * A new lock that was asked for before SM_NOTIFY came is asked for again: its answer may be that of
 * the server before it restarted. Sources: Linux fs/lockd/mon.c, host.c, clntlock.c, clntproc.c
 * (nlmclnt_lock, "Check whether or not the server has rebooted").
 */

#include "cluster.h"
#include "node.h"

#include <stdint.h>

enum holding {
	HOLDING_NOTHING,
	HOLDING_ASKED, /* a new lock, not granted yet */
	HOLDING_IT,
	HOLDING_RECLAIM, /* heard, and asks for it again */
	HOLDING_UNLOCK,  /* gives it back */
};

/* What an application has. */
struct claim {
	struct nfs_client *client;
	struct service_group *group;
	guint file;
	struct lock_kind kind;
	guint address; /* by which the client has mounted */
	enum holding is;
	guint attempt; /* grows with each request: an answer to an earlier one is nobody's */
	guint retry;
	gint64 since_us;       /* it has it */
	gint64 server_lost_us; /* the server lost it last (invariants.c, as the others are) */
	bool reported;         /* as lost, or maybe lost, since then */
	guint packets_lost;    /* the client's, then */
	bool late;             /* its record was not durable then, or damaged */
	bool stale;            /* lost for good, for a reason that counts */
	gint64 taken_us;       /* another client was granted it since then; 0: no */
};

/* What it knows of a server that it has mounted by an address. */
struct server_seen {
	gint32 state; /* the last one that it was told; 0: none */
};

struct nfs_client {
	char *address;
	char *record_file; /* of statd: one that several clients may share */
	guint number;
	bool linux_kind;
	bool up;
	bool cut;                /* no packet gets to it or from it */
	bool deaf;               /* its statd does not run: no SM_NOTIFY is heard */
	gint64 trouble_until_us; /* it was cut off, or down, until then */
	gint64 deaf_until_us;
	guint packets_lost;            /* on their way to it, or from it */
	gint64 damaged_us[GROUPS_MAX]; /* its record was; 0: it is as it should be */
	bool late[GROUPS_MAX]; /* its first lock did not wait for its record, which is not there */
	uint16_t statd_port;
	gint32 own_state;
	bool mounted[GROUPS_MAX];
	bool by_name[GROUPS_MAX];      /* else by an address */
	bool owes_restart[GROUPS_MAX]; /* that server does not know yet that it restarted */
	guint mounted_by[GROUPS_MAX];
	struct server_seen seen[GROUPS_MAX][ADDRESSES_MAX];
	gint64 heard_us[GROUPS_MAX]; /* of the last recovery */
	gint64 asked_us; /* for a lock, in a grace period, of a server that had it monitored then */
	/* A reclaim was, when grace was over and the process had not yet said who lost its locks.
	 */
	bool refused[GROUPS_MAX];
	/* When it was reported lost, and by which process (invariants.c). */
	gint64 lost_us[GROUPS_MAX];
	const struct process *lost_by[GROUPS_MAX];
	GPtrArray *claims; /* of owned struct claim */
	guint timer;
	guint requests; /* that it made */
	gint64 rebooted_us;
};

struct nfs_client *nfs_client_new(guint number);
void nfs_client_free(struct nfs_client *self);

/* Its life begins: it takes its first lock some time. */
void nfs_client_begin(struct nfs_client *self);

/* A packet is there. The answer goes back by network_reply(). */
void nfs_client_receive(struct nfs_client *self, guint16 port, const guint8 *bytes, gsize length,
	const char *from, void *reply_to);

void nfs_client_reboot(struct nfs_client *self);
void nfs_client_set_cut(struct nfs_client *self, bool cut);
void nfs_client_set_deaf(struct nfs_client *self, bool deaf);
void nfs_client_set_up(struct nfs_client *self, bool up);

/* Whether no trouble of its own could have kept it from what happened since then. */
bool nfs_client_was_well_since(const struct nfs_client *self, gint64 since_us);
/* And its statd ran. */
bool nfs_client_answered_since(const struct nfs_client *self, gint64 since_us);

#endif
