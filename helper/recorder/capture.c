/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recorder/capture.h"

#include "nsm/record.h"

void capture_init(struct capture *self, sm_dir *live, store *to)
{
	self->live = live;
	self->to = to;
	self->known = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
}

void capture_clear(struct capture *self)
{
	g_clear_pointer(&self->known, g_hash_table_unref);
}

void capture_know(struct capture *self, GPtrArray *clients)
{
	for (guint i = 0; i < clients->len; i++) {
		const client *entry = g_ptr_array_index(clients, i);

		g_hash_table_insert(self->known, g_strdup(entry->file), g_bytes_ref(entry->raw));
	}
}

static void captured_init(struct captured *result)
{
	result->clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
	result->seen = g_ptr_array_new_with_free_func(g_free);
	result->absent = g_ptr_array_new_with_free_func(g_free);
	result->unusable = g_ptr_array_new_with_free_func(g_free);
}

void captured_clear(struct captured *result)
{
	g_clear_pointer(&result->clients, g_ptr_array_unref);
	g_clear_pointer(&result->seen, g_ptr_array_unref);
	g_clear_pointer(&result->absent, g_ptr_array_unref);
	g_clear_pointer(&result->unusable, g_ptr_array_unref);
}

static void take_file(
	struct capture *self, const sm_file *file, gint64 now, struct captured *result)
{
	const sm_record *record;
	GBytes *known;
	client *entry;

	if (file->problem != NULL) {
		g_ptr_array_add(result->unusable, g_strdup(file->problem));
		return;
	}
	g_ptr_array_add(result->seen, g_strdup(file->name));
	known = g_hash_table_lookup(self->known, file->name);
	if (known != NULL && g_bytes_equal(known, file->raw))
		return;
	record = g_ptr_array_index(file->records, 0);
	entry = client_new(file->name, file->raw, record->mon_name, record->my_name);
	entry->first_recorded = now;
	entry->last_seen = now;
	g_ptr_array_add(result->clients, entry);
}

static bool store_taken(struct capture *self, struct captured *result, GError **error)
{
	if (!store_put_clients(self->to, result->clients, error)) {
		captured_clear(result);
		return false;
	}
	capture_know(self, result->clients);
	return true;
}

/* Of a whole directory: what is known and was not seen. */
static void note_absent(struct capture *self, struct captured *result)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	GHashTableIter iter;
	gpointer name;

	for (guint i = 0; i < result->seen->len; i++)
		g_hash_table_add(seen, g_ptr_array_index(result->seen, i));
	g_hash_table_iter_init(&iter, self->known);
	while (g_hash_table_iter_next(&iter, &name, NULL)) {
		if (!g_hash_table_contains(seen, name))
			g_ptr_array_add(result->absent, g_strdup(name));
	}
}

bool capture_all(struct capture *self, gint64 now, struct captured *result, GError **error)
{
	g_autoptr(GPtrArray) files = sm_dir_scan(self->live, error);

	captured_init(result);
	if (files == NULL) {
		captured_clear(result);
		return false;
	}
	for (guint i = 0; i < files->len; i++)
		take_file(self, g_ptr_array_index(files, i), now, result);
	note_absent(self, result);
	return store_taken(self, result, error);
}

bool capture_files(struct capture *self, GHashTable *names, gint64 now, struct captured *result,
	GError **error)
{
	GHashTableIter iter;
	gpointer name;

	captured_init(result);
	g_hash_table_iter_init(&iter, names);
	while (g_hash_table_iter_next(&iter, &name, NULL)) {
		g_autoptr(sm_file) file = sm_dir_read(self->live, name);

		if (file != NULL)
			take_file(self, file, now, result);
		else
			g_ptr_array_add(result->absent, g_strdup(name));
	}
	return store_taken(self, result, error);
}

bool capture_drop(struct capture *self, GPtrArray *files, GPtrArray **removed, GError **error)
{
	g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < files->len; i++) {
		const char *name = g_ptr_array_index(files, i);
		g_autoptr(sm_file) file = sm_dir_read(self->live, name);

		if (file == NULL)
			g_ptr_array_add(gone, g_strdup(name));
	}
	if (!store_remove_clients(self->to, gone, error))
		return false;
	for (guint i = 0; i < gone->len; i++)
		g_hash_table_remove(self->known, g_ptr_array_index(gone, i));
	*removed = g_steal_pointer(&gone);
	return true;
}
