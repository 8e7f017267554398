/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recorder/capture.h"

#include "nsm/record.h"

/* What is not stored yet is kept in memory, up to so many records. */
#define STORED_AT_ONCE 1024

void captured_clear(struct captured *result)
{
	g_clear_pointer(&result->clients, g_ptr_array_unref);
	g_clear_pointer(&result->seen, g_ptr_array_unref);
	g_clear_pointer(&result->absent, g_ptr_array_unref);
	g_clear_pointer(&result->unusable, g_ptr_array_unref);
	g_clear_pointer(&result->unusable_files, g_ptr_array_unref);
}

/* A capture under way. */
struct taking {
	struct capture *by;
	gint64 now;
	struct captured *result;
	GPtrArray *waiting; /* clients that are still to be stored */
	GError *error;      /* that of the first put that failed: none is tried after it */
};

static void taking_init(
	struct taking *self, struct capture *by, gint64 now, struct captured *result)
{
	result->clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
	result->seen = g_ptr_array_new_with_free_func(g_free);
	result->absent = g_ptr_array_new_with_free_func(g_free);
	result->unusable = g_ptr_array_new_with_free_func(g_free);
	result->unusable_files = g_ptr_array_new_with_free_func(g_free);
	result->whole = false;
	self->by = by;
	self->now = now;
	self->result = result;
	self->waiting = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
	self->error = NULL;
}

static void store_waiting(struct taking *self)
{
	if (self->error != NULL || !store_put_clients(self->by->to, self->waiting, &self->error))
		return;
	for (guint i = 0; i < self->waiting->len; i++) {
		client *entry = g_ptr_array_index(self->waiting, i);

		g_clear_pointer(&entry->raw, g_bytes_unref);
	}
	g_ptr_array_extend_and_steal(self->result->clients, self->waiting);
	self->waiting = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
}

static bool was_told_of(const struct capture *by, const sm_file *file)
{
	return !by->all_untold && !by->files_untold && store_has(by->to, file->name, file->raw);
}

/* A visitor of the directory: the file is its to free. */
static void take_file(sm_file *file, void *data)
{
	g_autoptr(sm_file) found = file;
	struct taking *self = data;
	const sm_record *record;
	client *entry;

	if (found->problem != NULL) {
		g_ptr_array_add(self->result->unusable, g_strdup(found->problem));
		g_ptr_array_add(self->result->unusable_files, g_strdup(found->name));
		return;
	}
	g_ptr_array_add(self->result->seen, g_strdup(found->name));
	if (self->error != NULL || was_told_of(self->by, found))
		return;
	record = g_ptr_array_index(found->records, 0);
	entry = client_new(found->name, found->raw, record->mon_name, record->my_name);
	entry->first_recorded = self->now;
	entry->last_seen = self->now;
	g_ptr_array_add(self->waiting, entry);
	if (self->waiting->len == STORED_AT_ONCE)
		store_waiting(self);
}

/* All is read. */
static bool taking_end(struct taking *self, GError **error)
{
	bool done;

	store_waiting(self);
	done = self->error == NULL;
	/* Whoever could not capture files asks for them again, or for all. */
	if (self->result->whole)
		self->by->all_untold = !done;
	if (!self->result->whole || done)
		self->by->files_untold = !done;
	if (!done) {
		g_propagate_error(error, g_steal_pointer(&self->error));
		captured_clear(self->result);
	}
	g_ptr_array_unref(self->waiting);
	return done;
}

bool capture_all(struct capture *self, gint64 now, struct captured *result, GError **error)
{
	struct taking taking;
	g_autoptr(GError) unreadable = NULL;

	taking_init(&taking, self, now, result);
	result->whole = true;
	if (!sm_dir_scan(self->live, take_file, &taking, &unreadable) && taking.error == NULL)
		taking.error = g_steal_pointer(&unreadable);
	return taking_end(&taking, error);
}

bool capture_files(struct capture *self, GHashTable *names, gint64 now, struct captured *result,
	GError **error)
{
	struct taking taking;
	GHashTableIter iter;
	gpointer name;

	taking_init(&taking, self, now, result);
	g_hash_table_iter_init(&iter, names);
	while (g_hash_table_iter_next(&iter, &name, NULL)) {
		sm_file *file = sm_dir_read(self->live, name);

		if (file != NULL)
			take_file(file, &taking);
		else
			g_ptr_array_add(result->absent, g_strdup(name));
	}
	return taking_end(&taking, error);
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
	*removed = g_steal_pointer(&gone);
	return true;
}
