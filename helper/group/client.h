/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_GROUP_CLIENT_H
#define LOCKFERRY_GROUP_CLIENT_H

/*
 * A client of a service group: its sm record and how far its recovery is. Pure data. One allocation
 * each, as there may be 100,000 of them.
 *
 * Four facts are kept apart: it was told (from these addresses), it answered (at these), it asked
 * for a lock, and its locks are back, which the lock set tells (kernel/lock_set.h). What is shown
 * is made of them: enum recovery.
 */

#include <glib.h>
#include <stdbool.h>

enum recovery {
	RECOVERY_RECORDED,      /* nothing happened since it was recorded */
	RECOVERY_TOLD,          /* SM_NOTIFY sent; not answered at every address yet */
	RECOVERY_UNREACHABLE,   /* no answer for a while at one of them; telling goes on, as it may
				   only be rebooting */
	RECOVERY_ACKNOWLEDGED,  /* answered at every address that it may have mounted by, which
				   proves delivery only */
	RECOVERY_RECLAIMED,     /* statd recorded it again: it asked for a lock */
	RECOVERY_MAY_HAVE_LOST, /* the same as lost, but it is not known to use this group, and the
				   node has or had others: statd's records are those of all */
	RECOVERY_LOST,          /* the grace period ended, and it had answered at no address */
	RECOVERY_COUNT
};

/* Addresses of the group, a bit each (group/address_bits.h). */
typedef guint32 address_set;

typedef struct client {
	GBytes *raw;           /* owned; its file, verbatim; NULL where only the store has it */
	const char *mon_name;  /* the client, as lockd knows it */
	char *my_name;         /* owned, a GRefString; the server, as statd knew itself */
	gint64 first_recorded; /* seconds since the epoch */
	gint64 last_seen;      /* seconds since the epoch: when statd was last seen to have it */
	struct client *next;   /* of the same mon_name; client_list.c's */
	GQuark seen_by;        /* the statd that was last seen to have it, see service/deletions.h;
				  0: none, by this process */
	enum recovery recovery;
	address_set wanted;   /* from which it can be told, and so may have mounted */
	address_set told;     /* from which it was told in this recovery */
	address_set answered; /* at which it answered */
	address_set silent;   /* at which it did not answer for a while */
	bool asked;           /* for a lock in this recovery: it came back for those it had */
	bool uses_group;      /* it is known to: by a connection, or as it lost its locks before */
	char file[]; /* the name of its file in statd's directory, and behind it mon_name */
} client;

/* Takes a reference of `raw`, which may be NULL; copies the names. */
client *client_new(const char *file, GBytes *raw, const char *mon_name, const char *my_name);

/* A copy without the raw record. */
client *client_copy(const client *from);
void client_free(client *self);

/* At which addresses it was told and answered, and whether it asked for a lock. */
void client_copy_facts(client *self, const client *from);

/* Forget them, and what became of it: another recovery begins. */
void client_forget_facts(client *self);

/* Whether it answered at all these addresses. */
bool client_has_heard(const client *self, address_set wanted);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(client, client_free)

/*
 * What a record is known by: "FILE MON_NAME", as a file of statd's may have lines of several
 * clients; "FILE" alone where the two are the same. The caller frees it. Neither has a blank in it.
 */
char *client_key(const char *file, const char *mon_name);

/* To g_ptr_array_sort() clients by file, and of one file by mon_name. */
gint client_compare_files(gconstpointer a, gconstpointer b);

/* Whether grace ended before it answered at all. */
bool recovery_is_unheard(enum recovery recovery);

const char *recovery_name(enum recovery recovery);
/* What to say to an administrator of a client whose recovery has that name. */
const char *recovery_text(const char *name);

bool recovery_from_name(const char *name, enum recovery *recovery);

#endif
