/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/client_list.h"

#include <string.h>

struct client_list {
	GHashTable *records;     /* a set of the clients by file and mon_name; owns them */
	GHashTable *by_mon_name; /* a set with one client for each mon_name, to which the others are
				    chained */
	guint counts[RECOVERY_COUNT];
};

/* Sets need less memory than tables, because they do not store a pointer to a key for each
 * client. */

static guint hash_record(gconstpointer key)
{
	const client *entry = key;
	guint hash = g_str_hash(entry->file);

	return entry->mon_name == entry->file ? hash : hash * 31 + g_str_hash(entry->mon_name);
}

static gboolean same_record(gconstpointer a, gconstpointer b)
{
	const client *first = a, *second = b;

	return g_str_equal(first->file, second->file) &&
	       g_str_equal(first->mon_name, second->mon_name);
}

static void free_record(gpointer entry)
{
	client_free(entry);
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

	self->records = g_hash_table_new_full(hash_record, same_record, free_record, NULL);
	self->by_mon_name = g_hash_table_new(hash_mon_name, same_mon_name);
	return self;
}

void client_list_free(client_list *self)
{
	if (self == NULL)
		return;
	g_hash_table_unref(self->by_mon_name);
	g_hash_table_unref(self->records);
	g_free(self);
}

/* Before a file of a client changes, the client is removed from the counts. Afterwards it is
 * added again. */
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

static void remove_entry(client_list *self, client *entry)
{
	g_autofree char *mon_name = g_strdup(entry->mon_name);

	count(self, mon_name, -1);
	unchain(self, entry);
	g_hash_table_remove(self->records, entry);
	count(self, mon_name, 1);
}

void client_list_remove(client_list *self, const char *key)
{
	client *entry = client_list_get(self, key);

	if (entry != NULL)
		remove_entry(self, entry);
}

void client_list_put(client_list *self, client *entry)
{
	client *before = g_hash_table_lookup(self->records, entry);

	if (before != NULL)
		remove_entry(self, before);
	count(self, entry->mon_name, -1);
	chain(self, entry);
	g_hash_table_add(self->records, entry);
	count(self, entry->mon_name, 1);
}

client *client_list_get(const client_list *self, const char *key)
{
	const char *blank = strchr(key, ' ');
	g_autofree char *file = blank != NULL ? g_strndup(key, (gsize)(blank - key)) : NULL;
	g_autoptr(client) wanted =
		client_new(file != NULL ? file : key, NULL, blank != NULL ? blank + 1 : key, "");

	return g_hash_table_lookup(self->records, wanted);
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
	for (client *at = first_of(self, mon_name); at != NULL; at = at->next) {
		if (recovery == RECOVERY_RECORDED)
			client_forget_facts(at);
		at->asked = at->asked || recovery == RECOVERY_RECLAIMED;
		at->recovery = recovery;
	}
	count(self, mon_name, 1);
}

/* A later answer does not cancel the fact that the client asked for a lock. */
static enum recovery recovery_by_facts(const client *entry)
{
	if (entry->asked || entry->recovery == RECOVERY_RECLAIMED)
		return RECOVERY_RECLAIMED;
	if (entry->wanted != 0 && client_has_heard(entry, entry->wanted))
		return RECOVERY_ACKNOWLEDGED;
	if ((entry->silent & ~entry->answered) != 0)
		return RECOVERY_UNREACHABLE;
	return (entry->told | entry->answered) != 0 ? RECOVERY_TOLD : RECOVERY_RECORDED;
}

static void note_fact(client *entry, enum client_fact fact, address_set address)
{
	switch (fact) {
	case CLIENT_TOLD:
		entry->told |= address;
		break;
	case CLIENT_ANSWERED_LATE:
		entry->late = true;
		G_GNUC_FALLTHROUGH;
	case CLIENT_ANSWERED:
		entry->told |= address;
		entry->answered |= address;
		break;
	case CLIENT_SILENT:
		entry->silent |= address;
		break;
	}
}

void client_list_note(
	client_list *self, const char *mon_name, enum client_fact fact, address_set address)
{
	count(self, mon_name, -1);
	for (client *at = first_of(self, mon_name); at != NULL; at = at->next) {
		note_fact(at, fact, address);
		at->recovery = recovery_by_facts(at);
	}
	count(self, mon_name, 1);
}

void client_list_want(client_list *self, const char *mon_name, address_set wanted)
{
	for (client *at = first_of(self, mon_name); at != NULL; at = at->next)
		at->wanted = wanted;
}

const client *client_list_find(const client_list *self, const char *mon_name)
{
	return first_of(self, mon_name);
}

guint client_list_waiting(const client_list *self)
{
	GHashTableIter iter;
	gpointer entry;
	guint waiting = 0;

	g_hash_table_iter_init(&iter, self->by_mon_name);
	while (g_hash_table_iter_next(&iter, &entry, NULL)) {
		const client *first = entry;

		waiting += first->wanted == 0 ? first->recovery < RECOVERY_ACKNOWLEDGED
					      : !client_has_heard(first, first->wanted);
	}
	return waiting;
}

void client_list_each(const client_list *self, client_list_visit visit, void *data)
{
	GHashTableIter iter;
	gpointer entry;

	g_hash_table_iter_init(&iter, self->records);
	while (g_hash_table_iter_next(&iter, &entry, NULL))
		visit(entry, data);
}

static void add_copy(client *entry, void *data)
{
	g_ptr_array_add(data, client_copy(entry));
}

GPtrArray *client_list_copy(const client_list *self)
{
	GPtrArray *copies =
		g_ptr_array_new_full(g_hash_table_size(self->records), (GDestroyNotify)client_free);

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
