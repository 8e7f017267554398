/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_CLIENT_H
#define LOCKFERRY_TESTS_SIM_CLIENT_H

/*
 * A model of an NFS client: it takes locks and releases them, receives SM_NOTIFY, and reclaims.
 *
 * Linux accepts an SM_NOTIFY if its state number differs from the last one of that server, and if
 * the client has mounted by the name in it or by the address from which it comes. Other systems use
 * only the name. If a reclaim is refused, the lock is lost, and the application gets no error.
 * Sources: Linux fs/lockd/mon.c, host.c, clntlock.c.
 */

#include "cluster.h"
#include "node.h"

#include <stdint.h>

enum holding {
	HOLDING_NOTHING,
	HOLDING_ASKED, /* a new lock was requested and not granted yet */
	HOLDING_IT,
	HOLDING_RECLAIM, /* the client was notified and reclaims the lock */
	HOLDING_UNLOCK,  /* the client releases the lock */
};

/* The lock of an application. */
struct claim {
	struct nfs_client *client;
	struct service_group *group;
	guint file;
	guint address; /* the address by which the client has mounted */
	enum holding is;
	/* grows with each request; answers to earlier requests are ignored */
	guint attempt;
	guint retry;
	gint64 since_us;       /* it has it */
	gint64 server_lost_us; /* the server lost it last (invariants.c, as the others are) */
	bool reported;         /* as lost, or maybe lost, since then */
	guint packets_lost;    /* the client's, then */
	bool late;             /* its record was not durable then, or damaged */
	bool stale;            /* lost for good, for a reason that counts */
	bool taken;            /* another client was granted it since then */
};

/* What the client knows of a server that it has mounted by an address. */
struct server_seen {
	gint32 state; /* the last state number that it was told; 0: none */
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
	bool by_name[GROUPS_MAX];      /* has mounted by a name; otherwise by an address */
	bool owes_restart[GROUPS_MAX]; /* this server does not know yet that the client restarted */
	guint mounted_by[GROUPS_MAX];
	struct server_seen seen[GROUPS_MAX][ADDRESSES_MAX];
	gint64 heard_us[GROUPS_MAX]; /* when the last SM_NOTIFY of a recovery came */
	GPtrArray *claims;           /* of owned struct claim */
	guint timer;
	guint requests; /* number of requests that it made */
	gint64 rebooted_us;
};

struct nfs_client *nfs_client_new(guint number);
void nfs_client_free(struct nfs_client *self);

/* Starts the client; it takes its first lock some time later. */
void nfs_client_begin(struct nfs_client *self);

/* A packet arrives. The answer is sent with network_reply(). */
void nfs_client_receive(struct nfs_client *self, guint16 port, const guint8 *bytes, gsize length,
	const char *from, void *reply_to);

void nfs_client_reboot(struct nfs_client *self);
void nfs_client_set_cut(struct nfs_client *self, bool cut);
void nfs_client_set_deaf(struct nfs_client *self, bool deaf);
void nfs_client_set_up(struct nfs_client *self, bool up);

/* Whether the client had no trouble of its own since then that could have kept messages from it. */
bool nfs_client_was_well_since(const struct nfs_client *self, gint64 since_us);
/* The same, and its statd ran. */
bool nfs_client_answered_since(const struct nfs_client *self, gint64 since_us);

#endif
