/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_GROUP_CLIENT_LIST_H
#define LOCKFERRY_GROUP_CLIENT_LIST_H

/*
 * The client list of a service group, in memory. Clients can be found by record and by mon_name,
 * and are counted by recovery. Pure.
 *
 * A file is only the place where statd keeps records. One file may have the records of several
 * clients, for example of all that have the same reverse name, and one client may have records in
 * several files. The mon_name identifies a client, and everything that happens to it applies to all
 * its records.
 */

#include "group/client.h"

typedef struct client_list client_list;

client_list *client_list_new(void);
void client_list_free(client_list *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(client_list, client_list_free)

/* Adds a client, or replaces the one with the same file and mon_name. Takes ownership. The list
 * does not use its raw record, so it should not have one. */
void client_list_put(client_list *self, client *entry);

/* Removes the record with that key (client_key()), if it exists. */
void client_list_remove(client_list *self, const char *key);

/* Returns NULL if the record does not exist. The list owns the client. */
client *client_list_get(const client_list *self, const char *key);

/* Returns every mon_name once, as an array of const char *. The list owns the names, the caller
 * frees the array. */
GPtrArray *client_list_mon_names(const client_list *self);

/* Returns the recovery of a client: the least progress of all its files. Returns RECOVERY_LOST
 * if the client is unknown. */
enum recovery client_list_recovery(const client_list *self, const char *mon_name);

/* Sets the recovery of every file of a client, independent of the facts. RECOVERY_RECORDED
 * clears the facts. RECOVERY_RECLAIMED also sets the fact that the client asked for a lock. */
void client_list_set_recovery(client_list *self, const char *mon_name, enum recovery recovery);

/* Notes a fact about a client, and updates its recovery. `address` is one bit. */
enum client_fact {
	CLIENT_TOLD,
	CLIENT_ANSWERED,
	CLIENT_ANSWERED_LATE, /* too late to reclaim for certain */
	CLIENT_SILENT,
};
void client_list_note(
	client_list *self, const char *mon_name, enum client_fact fact, address_set address);

/* Sets the addresses from which a client can be told. */
void client_list_want(client_list *self, const char *mon_name, address_set wanted);

/* Returns any file of a client; all of them have the same facts. Returns NULL if the client is
 * unknown. */
const client *client_list_find(const client_list *self, const char *mon_name);

/* Returns how many clients have not yet answered at every address from which they can be told.
 * Clients that can be told from no address count as well. */
guint client_list_waiting(const client_list *self);

/* Calls `visit` for every file of every client. `visit` must not add or remove any. */
typedef void (*client_list_visit)(client *entry, void *data);
void client_list_each(const client_list *self, client_list_visit visit, void *data);

/* Returns copies of all clients, sorted by file, in an array that owns them. */
GPtrArray *client_list_copy(const client_list *self);

/* Return the number of clients, in total and with that recovery. Clients are counted by
 * mon_name, not by file. */
guint client_list_size(const client_list *self);
guint client_list_count(const client_list *self, enum recovery recovery);

#endif
