/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_GROUP_CLIENT_LIST_H
#define LOCKFERRY_GROUP_CLIENT_LIST_H

/*
 * The client list of a service group, in memory: found by file or by mon_name, counted by recovery.
 * Pure. Several files may bear one mon_name (statd names them as it likes): they recover together.
 */

#include "group/client.h"

typedef struct client_list client_list;

client_list *client_list_new(void);
void client_list_free(client_list *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(client_list, client_list_free)

/* Add a client, or replace the one of the same file. Takes ownership. Its raw record is of no use
 * here and best left out. */
void client_list_put(client_list *self, client *entry);

/* Remove the client of that file, if there's one. */
void client_list_remove(client_list *self, const char *file);

/* Owned by the list; NULL when there's none. */
client *client_list_get(const client_list *self, const char *file);

/* Every mon_name once (an array of const char * owned by the list). The caller frees the array. */
GPtrArray *client_list_mon_names(const client_list *self);

/* The recovery of a client: of its files, the one least far. RECOVERY_LOST when it isn't known. */
enum recovery client_list_recovery(const client_list *self, const char *mon_name);

/* Set the recovery of every file of a client. */
void client_list_set_recovery(client_list *self, const char *mon_name, enum recovery recovery);

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
