/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_GROUP_CLIENT_LIST_H
#define LOCKFERRY_GROUP_CLIENT_LIST_H

/*
 * The client list of a service group, in memory: found by record or by mon_name, counted by
 * recovery. Pure. A file is only what statd keeps records in: one may have those of several
 * clients, as of all that have one reverse name, and one client may have records in several. A
 * client is its mon_name, and what happens to it is the same for all its records.
 */

#include "group/client.h"

typedef struct client_list client_list;

client_list *client_list_new(void);
void client_list_free(client_list *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(client_list, client_list_free)

/* Add a client, or replace the one of the same file and mon_name. Takes ownership. Its raw record
 * is of no use here and best left out. */
void client_list_put(client_list *self, client *entry);

/* Remove the record of that key (client_key()), if there's one. */
void client_list_remove(client_list *self, const char *key);

/* Owned by the list; NULL when there's none. */
client *client_list_get(const client_list *self, const char *key);

/* Every mon_name once (an array of const char * owned by the list). The caller frees the array. */
GPtrArray *client_list_mon_names(const client_list *self);

/* The recovery of a client: of its files, the one least far. RECOVERY_LOST when it isn't known. */
enum recovery client_list_recovery(const client_list *self, const char *mon_name);

/* Set the recovery of every file of a client, whatever the facts are. RECOVERY_RECORDED forgets
 * them, and RECOVERY_RECLAIMED is one of them: that it asked for a lock. */
void client_list_set_recovery(client_list *self, const char *mon_name, enum recovery recovery);

/* Facts about a client, and what becomes of its recovery by them. `address` is one bit. */
enum client_fact {
	CLIENT_TOLD,
	CLIENT_ANSWERED,
	CLIENT_SILENT,
};
void client_list_note(
	client_list *self, const char *mon_name, enum client_fact fact, address_set address);

/* From which addresses a client can be told. */
void client_list_want(client_list *self, const char *mon_name, address_set wanted);

/* Any of a client's files: its facts are those of all. NULL when it isn't known. */
const client *client_list_find(const client_list *self, const char *mon_name);

/* How many clients have not answered at every address that they can be told from; also those that
 * can be told from none. */
guint client_list_waiting(const client_list *self);

/* Call `visit` for every file of every client; it must not add or remove any. */
typedef void (*client_list_visit)(client *entry, void *data);
void client_list_each(const client_list *self, client_list_visit visit, void *data);

/* Copies of all, sorted by file (an array of client that frees its elements). */
GPtrArray *client_list_copy(const client_list *self);

/* How many clients there are, and how many of them are so far: by mon_name, however many files they
 * have. */
guint client_list_size(const client_list *self);
guint client_list_count(const client_list *self, enum recovery recovery);

#endif
