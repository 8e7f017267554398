/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/client_list.h"

#include <stddef.h>

struct client_list {
	GHashTable *by_file;     /* a set of the names in the clients, and owns these */
	GHashTable *by_mon_name; /* a set: of each mon_name one client, with the others behind it */
	guint counts[RECOVERY_COUNT];
};

/* Sets rather than tables by name: without a pointer to the key beside each client. */

static client *client_of(const char *file)
{
	return (client *)(void *)(file - offsetof(client, file));
}

static void free_client_of(gpointer file)
{
	client_free(client_of(file));
}

static guint hash_mon_name(gconstpointer key)
{
	return g_str_hash(((const client *)key)->mon_name);
}

static gboolean same_mon_name(gconstpointer a, gconstpointer b)
{
	return g_str_equal(((const client *)a)->mon_name, ((const client *)b)->mon_name);
}

static client *first_of(const client_list *self, const char *mon_name)
{
	client wanted = {.mon_name = mon_name};

	return g_hash_table_lookup(self->by_mon_name, &wanted);
}

client_list *client_list_new(void)
{
	client_list *self = g_new0(client_list, 1);

	self->by_file = g_hash_table_new_full(g_str_hash, g_str_equal, free_client_of, NULL);
	self->by_mon_name = g_hash_table_new(hash_mon_name, same_mon_name);
	return self;
}

void client_list_free(client_list *self)
{
	if (self == NULL)
		return;
	g_hash_table_unref(self->by_mon_name);
	g_hash_table_unref(self->by_file);
	g_free(self);
}

/* Take a client out of the counts, before one of its files changes, and in again afterwards. */
static void count(client_list *self, const char *mon_name, int by)
{
	if (first_of(self, mon_name) != NULL)
		self->counts[client_list_recovery(self, mon_name)] += (guint)by;
}

static void chain(client_list *self, client *entry)
{
	client *first = first_of(self, entry->mon_name);

	if (first == NULL) {
		g_hash_table_add(self->by_mon_name, entry);
		return;
	}
	entry->next = first->next;
	first->next = entry;
}

static void unchain(client_list *self, client *entry)
{
	client *at = first_of(self, entry->mon_name);

	if (at == entry) {
		g_hash_table_remove(self->by_mon_name, entry);
		if (entry->next != NULL)
			g_hash_table_add(self->by_mon_name, entry->next);
		return;
	}
	while (at->next != entry)
		at = at->next;
	at->next = entry->next;
}

void client_list_remove(client_list *self, const char *file)
{
	client *entry = client_list_get(self, file);
	g_autofree char *mon_name = NULL;

	if (entry == NULL)
		return;
	mon_name = g_strdup(entry->mon_name);
	count(self, mon_name, -1);
	unchain(self, entry);
	g_hash_table_remove(self->by_file, entry->file);
	count(self, mon_name, 1);
}

void client_list_put(client_list *self, client *entry)
{
	client_list_remove(self, entry->file);
	count(self, entry->mon_name, -1);
	chain(self, entry);
	g_hash_table_add(self->by_file, entry->file);
	count(self, entry->mon_name, 1);
}

client *client_list_get(const client_list *self, const char *file)
{
	const char *own = g_hash_table_lookup(self->by_file, file);

	return own != NULL ? client_of(own) : NULL;
}

GPtrArray *client_list_mon_names(const client_list *self)
{
	GPtrArray *mon_names = g_ptr_array_sized_new(g_hash_table_size(self->by_mon_name));
	GHashTableIter iter;
	gpointer entry;

	g_hash_table_iter_init(&iter, self->by_mon_name);
	while (g_hash_table_iter_next(&iter, &entry, NULL))
		g_ptr_array_add(mon_names, (gpointer)((const client *)entry)->mon_name);
	return mon_names;
}

enum recovery client_list_recovery(const client_list *self, const char *mon_name)
{
	enum recovery least = RECOVERY_LOST;

	for (const client *at = first_of(self, mon_name); at != NULL; at = at->next)
		least = MIN(least, at->recovery);
	return least;
}

void client_list_set_recovery(client_list *self, const char *mon_name, enum recovery recovery)
{
	count(self, mon_name, -1);
	for (client *at = first_of(self, mon_name); at != NULL; at = at->next)
		at->recovery = recovery;
	count(self, mon_name, 1);
}

void client_list_each(const client_list *self, client_list_visit visit, void *data)
{
	GHashTableIter iter;
	gpointer file;

	g_hash_table_iter_init(&iter, self->by_file);
	while (g_hash_table_iter_next(&iter, &file, NULL))
		visit(client_of(file), data);
}

static void add_copy(client *entry, void *data)
{
	g_ptr_array_add(data, client_copy(entry));
}

GPtrArray *client_list_copy(const client_list *self)
{
	GPtrArray *copies =
		g_ptr_array_new_full(g_hash_table_size(self->by_file), (GDestroyNotify)client_free);

	client_list_each(self, add_copy, copies);
	g_ptr_array_sort(copies, client_compare_files);
	return copies;
}

guint client_list_size(const client_list *self)
{
	return g_hash_table_size(self->by_mon_name);
}

guint client_list_count(const client_list *self, enum recovery recovery)
{
	return self->counts[recovery];
}
