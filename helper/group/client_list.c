/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/client_list.h"

struct client_list {
	GHashTable *by_file;     /* owns the clients; keys are theirs */
	GHashTable *by_mon_name; /* owned mon_name -> GPtrArray of client, never empty */
	guint counts[RECOVERY_COUNT];
};

client_list *client_list_new(void)
{
	client_list *self = g_new0(client_list, 1);

	self->by_file =
		g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)client_free);
	self->by_mon_name = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
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
	if (g_hash_table_contains(self->by_mon_name, mon_name))
		self->counts[client_list_recovery(self, mon_name)] += (guint)by;
}

void client_list_remove(client_list *self, const char *file)
{
	client *entry = client_list_get(self, file);
	g_autofree char *mon_name = NULL;
	GPtrArray *files;

	if (entry == NULL)
		return;
	mon_name = g_strdup(entry->mon_name);
	count(self, mon_name, -1);
	files = g_hash_table_lookup(self->by_mon_name, mon_name);
	g_ptr_array_remove_fast(files, entry);
	if (files->len == 0)
		g_hash_table_remove(self->by_mon_name, mon_name);
	g_hash_table_remove(self->by_file, file);
	count(self, mon_name, 1);
}

void client_list_put(client_list *self, client *entry)
{
	GPtrArray *files;

	client_list_remove(self, entry->file);
	count(self, entry->mon_name, -1);
	files = g_hash_table_lookup(self->by_mon_name, entry->mon_name);
	if (files == NULL) {
		files = g_ptr_array_new();
		g_hash_table_insert(self->by_mon_name, g_strdup(entry->mon_name), files);
	}
	g_ptr_array_add(files, entry);
	g_hash_table_insert(self->by_file, entry->file, entry);
	count(self, entry->mon_name, 1);
}

client *client_list_get(const client_list *self, const char *file)
{
	return g_hash_table_lookup(self->by_file, file);
}

GPtrArray *client_list_mon_names(const client_list *self)
{
	GPtrArray *mon_names = g_ptr_array_sized_new(g_hash_table_size(self->by_mon_name));
	GHashTableIter iter;
	gpointer mon_name;

	g_hash_table_iter_init(&iter, self->by_mon_name);
	while (g_hash_table_iter_next(&iter, &mon_name, NULL))
		g_ptr_array_add(mon_names, mon_name);
	return mon_names;
}

enum recovery client_list_recovery(const client_list *self, const char *mon_name)
{
	GPtrArray *files = g_hash_table_lookup(self->by_mon_name, mon_name);
	enum recovery least = RECOVERY_LOST;

	for (guint i = 0; files != NULL && i < files->len; i++) {
		const client *entry = g_ptr_array_index(files, i);

		least = MIN(least, entry->recovery);
	}
	return least;
}

void client_list_set_recovery(client_list *self, const char *mon_name, enum recovery recovery)
{
	GPtrArray *files = g_hash_table_lookup(self->by_mon_name, mon_name);

	count(self, mon_name, -1);
	for (guint i = 0; files != NULL && i < files->len; i++) {
		client *entry = g_ptr_array_index(files, i);

		entry->recovery = recovery;
	}
	count(self, mon_name, 1);
}

GPtrArray *client_list_copy(const client_list *self)
{
	GPtrArray *copies =
		g_ptr_array_new_full(g_hash_table_size(self->by_file), (GDestroyNotify)client_free);
	GHashTableIter iter;
	gpointer entry;

	g_hash_table_iter_init(&iter, self->by_file);
	while (g_hash_table_iter_next(&iter, NULL, &entry))
		g_ptr_array_add(copies, client_copy(entry));
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
