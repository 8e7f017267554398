/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recorder/capture.h"

#include "nsm/record.h"

#include <string.h>

/* At most this many records are kept in memory before they are stored. */
#define STORED_AT_ONCE 1024

void captured_clear(struct captured *result)
{
	g_clear_pointer(&result->clients, g_ptr_array_unref);
	g_clear_pointer(&result->unproven, g_hash_table_unref);
	g_clear_pointer(&result->seen, g_ptr_array_unref);
	g_clear_pointer(&result->seen_files, g_ptr_array_unref);
	g_clear_pointer(&result->absent, g_ptr_array_unref);
	g_clear_pointer(&result->absent_files, g_ptr_array_unref);
	g_clear_pointer(&result->unusable, g_ptr_array_unref);
	g_clear_pointer(&result->unusable_files, g_ptr_array_unref);
}

/* A capture in progress. */
struct taking {
	struct capture *capture;
	gint64 now;
	struct captured *result;
	GPtrArray *waiting; /* clients that must still be stored */
	GError *error;      /* the error of the first put that failed; no further put is tried */
};

static void taking_init(
	struct taking *self, struct capture *by, gint64 now, struct captured *result)
{
	result->clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
	result->unproven = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	result->seen = g_ptr_array_new_with_free_func(g_free);
	result->seen_files = g_ptr_array_new_with_free_func(g_free);
	result->absent = g_ptr_array_new_with_free_func(g_free);
	result->absent_files = g_ptr_array_new_with_free_func(g_free);
	result->unusable = g_ptr_array_new_with_free_func(g_free);
	result->unusable_files = g_ptr_array_new_with_free_func(g_free);
	result->whole = false;
	self->capture = by;
	self->now = now;
	self->result = result;
	self->waiting = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
	self->error = NULL;
}

static void store_waiting(struct taking *self)
{
	if (self->error != NULL ||
		!store_put_clients(self->capture->store, self->waiting, &self->error))
		return;
	for (guint i = 0; i < self->waiting->len; i++) {
		client *entry = g_ptr_array_index(self->waiting, i);

		g_clear_pointer(&entry->raw, g_bytes_unref);
	}
	g_ptr_array_extend_and_steal(self->result->clients, self->waiting);
	self->waiting = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
}

/* Whether the store already has exactly what statd has. */
static bool is_known(const struct capture *by, const sm_file *file)
{
	return !by->all_untold && !by->files_untold && store_has(by->store, file->name, file->raw);
}

/* Returns the stored records of a file, or NULL if there are none. */
static GPtrArray *stored_records(const struct capture *by, const char *file)
{
	g_autoptr(GBytes) raw = store_load_record(by->store, file, NULL);
	gsize length = 0;
	const char *text = raw != NULL ? g_bytes_get_data(raw, &length) : NULL;

	return length > 0 ? sm_records_parse(text, length, NULL, NULL) : NULL;
}

static guint count_of(GPtrArray *records, const char *mon_name)
{
	guint count = 0;

	for (guint i = 0; i < records->len; i++) {
		const sm_record *record = g_ptr_array_index(records, i);

		count += g_str_equal(record->mon_name, mon_name);
	}
	return count;
}

/* Whether all records of a client are stored already. A second copy of a record counts as new. */
static bool has_all_of(GPtrArray *stored, GPtrArray *records, const char *mon_name)
{
	if (count_of(records, mon_name) > count_of(stored, mon_name))
		return false;
	for (guint i = 0; i < records->len; i++) {
		const sm_record *record = g_ptr_array_index(records, i);

		if (g_str_equal(record->mon_name, mon_name) &&
			!sm_records_have(stored, mon_name, record))
			return false;
	}
	return true;
}

/* Returns true for the first record of each client. */
static bool is_first_of(GHashTable *met, const sm_record *record)
{
	return g_hash_table_add(met, record->mon_name);
}

/*
 * Returns what must be stored: statd's records, and the stored records of clients that statd does
 * not have in this file. Those leave the store only with proof, so they are reported as absent.
 */
static GBytes *join_stored(struct taking *self, const sm_file *file, GPtrArray *stored)
{
	g_autoptr(GHashTable) met = g_hash_table_new(g_str_hash, g_str_equal);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < file->records->len; i++) {
		const sm_record *record = g_ptr_array_index(file->records, i);

		g_hash_table_add(met, record->mon_name);
		sm_record_format(record, text);
	}
	for (guint i = 0; stored != NULL && i < stored->len; i++) {
		const sm_record *record = g_ptr_array_index(stored, i);

		if (g_hash_table_contains(met, record->mon_name))
			continue;
		sm_record_format(record, text);
		g_ptr_array_add(self->result->absent, client_key(file->name, record->mon_name));
	}
	return g_string_free_to_bytes(text);
}

static void note_all_seen(struct taking *self, const sm_file *file)
{
	g_autoptr(GHashTable) met = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < file->records->len; i++) {
		const sm_record *record = g_ptr_array_index(file->records, i);

		if (is_first_of(met, record))
			g_ptr_array_add(
				self->result->seen, client_key(file->name, record->mon_name));
	}
}

/* A capture failed before: so these are reported again, however long statd has had them. */
static bool is_old_perhaps(const struct taking *self, const sm_file *file)
{
	const struct capture *by = self->capture;

	return (by->all_untold || by->files_untold) &&
	       (self->result->whole || file->records->len > 1);
}

/* Adds one client of a file that must be stored. The first client of the file gets the raw file. */
static void take_client(
	struct taking *self, const sm_file *file, const sm_record *record, GBytes *raw)
{
	client *entry = client_new(file->name, raw, record->mon_name, record->my_name);

	entry->first_recorded = self->now;
	entry->last_seen = self->now;
	g_ptr_array_add(self->waiting, entry);
	if (file->as_put || is_old_perhaps(self, file))
		g_hash_table_add(self->result->unproven, client_key(file->name, record->mon_name));
}

static void take_changes(struct taking *self, const sm_file *file)
{
	const struct capture *by = self->capture;
	bool untold = by->all_untold || by->files_untold;
	g_autoptr(GPtrArray) stored = stored_records(by, file->name);
	g_autoptr(GHashTable) met = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GBytes) raw = join_stored(self, file, stored);
	GBytes *to_put = raw;

	if (stored == NULL && g_atomic_int_get(&by->full))
		return;
	for (guint i = 0; i < file->records->len; i++) {
		const sm_record *record = g_ptr_array_index(file->records, i);

		if (!is_first_of(met, record) ||
			(!untold && stored != NULL &&
				has_all_of(stored, file->records, record->mon_name)))
			continue;
		take_client(self, file, record, to_put);
		to_put = NULL;
	}
}

static void note_damage(struct taking *self, const sm_file *file, const char *text)
{
	g_ptr_array_add(self->result->unusable, g_strdup(text));
	g_ptr_array_add(self->result->unusable_files, g_strdup(file->name));
}

/* A visitor of the directory, which must free the file. */
static void take_file(sm_file *file, void *data)
{
	g_autoptr(sm_file) found = file;
	struct taking *self = data;

	if (found->problem != NULL) {
		note_damage(self, found, found->problem);
		return;
	}
	if (found->damage != NULL) {
		g_autofree char *text =
			g_strdup_printf("'%s': a line that is not from statd was ignored: %s",
				found->name, found->damage);

		note_damage(self, found, text);
	} else if (!self->result->whole) {
		g_ptr_array_add(self->result->seen_files, g_strdup(found->name));
	}
	note_all_seen(self, found);
	if (self->error != NULL || is_known(self->capture, found))
		return;
	take_changes(self, found);
	if (self->waiting->len >= STORED_AT_ONCE)
		store_waiting(self);
}

/* Called after everything was read. */
static bool taking_end(struct taking *self, GError **error)
{
	bool done;

	store_waiting(self);
	done = self->error == NULL;
	/* If a capture of files failed, the caller must ask for these files again, or for
	 * everything. */
	if (self->result->whole)
		self->capture->all_untold = !done;
	if (!self->result->whole || done)
		self->capture->files_untold = !done;
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
	if (!sm_dir_scan(self->sm_dir, take_file, &taking, &unreadable) && taking.error == NULL)
		taking.error = g_steal_pointer(&unreadable);
	return taking_end(&taking, error);
}

/* Reports all clients that the store has in that file, and the file itself in case it has none. */
static void note_file_absent(struct taking *self, const char *name)
{
	g_autoptr(GPtrArray) stored = stored_records(self->capture, name);
	g_autoptr(GHashTable) met = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; stored != NULL && i < stored->len; i++) {
		const sm_record *record = g_ptr_array_index(stored, i);

		if (is_first_of(met, record))
			g_ptr_array_add(self->result->absent, client_key(name, record->mon_name));
	}
	g_ptr_array_add(self->result->absent_files, g_strdup(name));
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
		sm_file *file = sm_dir_read(self->sm_dir, name);

		if (file != NULL)
			take_file(file, &taking);
		else
			note_file_absent(&taking, name);
	}
	return taking_end(&taking, error);
}

/* Sets `left` to the stored file without this client, or to NULL if nothing is left. Returns
 * false if statd has the client again. */
static bool without_absent(
	struct capture *self, const char *file, const char *mon_name, GBytes **left)
{
	g_autoptr(sm_file) live = sm_dir_read(self->sm_dir, file);
	g_autoptr(GPtrArray) stored = NULL;

	*left = NULL;
	if (live != NULL &&
		(live->records == NULL || sm_records_have(live->records, mon_name, NULL)))
		return false;
	stored = stored_records(self, file);
	for (guint i = stored != NULL ? stored->len : 0; i-- > 0;) {
		const sm_record *record = g_ptr_array_index(stored, i);

		if (g_str_equal(record->mon_name, mon_name))
			g_ptr_array_remove_index(stored, i);
	}
	if (stored != NULL && stored->len > 0)
		*left = sm_records_format(stored);
	return true;
}

/* Splits a key (see client_key()) into its two parts. The caller frees `file`. */
static const char *split_key(const char *key, char **file)
{
	const char *blank = strchr(key, ' ');

	*file = blank != NULL ? g_strndup(key, (gsize)(blank - key)) : g_strdup(key);
	return blank != NULL ? blank + 1 : key;
}

static bool drop_one(
	struct capture *self, const char *key, GPtrArray *files, GPtrArray *gone, GError **error)
{
	g_autofree char *file = NULL;
	const char *mon_name = split_key(key, &file);
	g_autoptr(GBytes) left = NULL;

	if (!without_absent(self, file, mon_name, &left))
		return true;
	if (left != NULL) {
		g_autoptr(GPtrArray) smaller =
			g_ptr_array_new_with_free_func((GDestroyNotify)client_free);

		g_ptr_array_add(smaller, client_new(file, left, mon_name, ""));
		if (!store_put_clients(self->store, smaller, error))
			return false;
	} else {
		g_ptr_array_add(files, g_steal_pointer(&file));
	}
	g_ptr_array_add(gone, g_strdup(key));
	return true;
}

bool capture_drop(
	struct capture *self, guint64 epoch, GPtrArray *keys, GPtrArray **removed, GError **error)
{
	g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < keys->len; i++) {
		if (!drop_one(self, g_ptr_array_index(keys, i), files, gone, error))
			return false;
	}
	if (!store_remove_clients(self->store, epoch, files, error))
		return false;
	*removed = g_steal_pointer(&gone);
	return true;
}
