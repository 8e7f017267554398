/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_GROUP_CLIENT_H
#define LOCKFERRY_GROUP_CLIENT_H

/*
 * A client of a service group: its sm record and how far its recovery is. Pure data. One allocation
 * each, as there may be 100,000 of them.
 */

#include <glib.h>
#include <stdbool.h>

enum recovery {
	RECOVERY_RECORDED,     /* nothing happened since it was recorded */
	RECOVERY_TOLD,         /* SM_NOTIFY sent */
	RECOVERY_UNREACHABLE,  /* no answer for a while; it is told on, as it may only be rebooting
				*/
	RECOVERY_ACKNOWLEDGED, /* SM_NOTIFY answered, which proves delivery only */
	RECOVERY_RECLAIMED,    /* statd recorded it anew: it came back for its locks */
	RECOVERY_LOST,         /* the grace period ended first */
	RECOVERY_COUNT
};

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
	char file[]; /* the name of its file in statd's directory, and behind it mon_name */
} client;

/* Takes a reference of `raw`, which may be NULL; copies the names. */
client *client_new(const char *file, GBytes *raw, const char *mon_name, const char *my_name);

/* A copy without the raw record. */
client *client_copy(const client *from);
void client_free(client *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(client, client_free)

/* To g_ptr_array_sort() clients by file. */
gint client_compare_files(gconstpointer a, gconstpointer b);

const char *recovery_name(enum recovery recovery);
bool recovery_from_name(const char *name, enum recovery *recovery);

#endif
