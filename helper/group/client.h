/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_GROUP_CLIENT_H
#define LOCKFERRY_GROUP_CLIENT_H

/*
 * A client of a service group: its sm record and how far its recovery is. Pure data. Each client
 * needs only one allocation, because there may be 100,000 of them.
 *
 * Four facts are independent: the client was told (from certain addresses), it answered (at certain
 * addresses), it asked for a lock, and its locks are held again. The lock set shows the last one
 * (kernel/lock_set.h). enum recovery summarizes these facts for users.
 */

#include <glib.h>
#include <stdbool.h>

enum recovery {
	RECOVERY_RECORDED,      /* nothing has happened since it was recorded */
	RECOVERY_TOLD,          /* SM_NOTIFY was sent; not yet answered at every address */
	RECOVERY_UNREACHABLE,   /* no answer for a while at one address; the client is still told,
				   because it may only be rebooting */
	RECOVERY_ACKNOWLEDGED,  /* answered at every address that it may use for its mounts; this
				   proves delivery only */
	RECOVERY_RECLAIMED,     /* statd recorded it again, because it asked for a lock */
	RECOVERY_MAY_HAVE_LOST, /* the same as lost, but the client is not known to use this group,
				   and the node serves or has served other groups: statd's records
				   are shared by all groups */
	RECOVERY_LOST,          /* the grace period ended before it answered at any address */
	RECOVERY_COUNT
};

/* Addresses of the group, one bit each (group/address_bits.h). */
typedef guint32 address_set;

typedef struct client {
	GBytes *raw;           /* owned; its file, verbatim; NULL if only the store has it */
	const char *mon_name;  /* the client's name in lockd */
	char *my_name;         /* owned, a GRefString; statd's own name in the record */
	gint64 first_recorded; /* seconds since the epoch */
	gint64 last_seen;      /* seconds since the epoch: when statd was last seen to have it */
	struct client *next;   /* the next client with the same mon_name; used by client_list.c */
	GQuark seen_by; /* the statd that was last seen to have it, see service/deletions.h; 0 if
			   this process has seen none */
	enum recovery recovery;
	address_set wanted; /* the addresses from which it can be told, and which it may use for its
			       mounts */
	address_set told;   /* the addresses from which it was told in this recovery */
	address_set answered; /* the addresses at which it answered */
	address_set silent;   /* the addresses at which it did not answer for a while */
	bool late;  /* it answered at one of them when too little was left of the grace period, or
		       nothing */
	bool asked; /* it asked for a lock in this recovery, so it came back for its locks */
	bool uses_group; /* it is known to use this group, from a connection or because it lost
			    locks before */
	char file[];     /* the name of its file in statd's directory, followed by mon_name */
} client;

/* Takes a reference to `raw`, which may be NULL. Copies the names. */
client *client_new(const char *file, GBytes *raw, const char *mon_name, const char *my_name);

/* Returns a copy without the raw record. */
client *client_copy(const client *from);
void client_free(client *self);

/* Copies the addresses at which it was told and answered, and whether it asked for a lock. */
void client_copy_facts(client *self, const client *from);

/* Clears these facts and its recovery, because another recovery begins. */
void client_forget_facts(client *self);

/* Whether it answered at all these addresses. */
bool client_has_heard(const client *self, address_set wanted);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(client, client_free)

/*
 * Returns the key of a record: "FILE MON_NAME", because a file of statd may have lines of several
 * clients, or only "FILE" if the two are equal. Neither contains a blank. The caller frees the key.
 */
char *client_key(const char *file, const char *mon_name);

/* Adds copies of those of `known` that `clients` does not have, by their keys, and sorts the
 * result. Both are arrays of client. */
void clients_add_missing(GPtrArray *clients, const GPtrArray *known);

/* For g_ptr_array_sort(): sorts clients by file, and within a file by mon_name. */
gint client_compare_files(gconstpointer a, gconstpointer b);

/* Whether the grace period ended before the client answered at all. */
bool recovery_is_unheard(enum recovery recovery);

const char *recovery_name(enum recovery recovery);
/* Returns the text that shows an administrator a recovery of that name. */
const char *recovery_text(const char *name);

/* What RECOVERY_RECORDED means when a recovery is over. */
#define RECOVERY_RECORDED_TEXT "recorded since, or without locks to reclaim"

bool recovery_from_name(const char *name, enum recovery *recovery);

#endif
