/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/convey.h"

#include "nsm/record.h"

/* The number of raw records that are in memory at a time. */
#define CONVEYED_AT_ONCE 256

struct batch {
	sm_put puts[CONVEYED_AT_ONCE];
	const client *entries[CONVEYED_AT_ONCE];
	guint count;
};

static guint put_batch(struct batch *self, sm_dir *to, convey_failed failed, void *data)
{
	guint made = 0;

	sm_dir_put_many(to, self->puts, self->count);
	for (guint i = 0; i < self->count; i++) {
		sm_put *put = &self->puts[i];

		made += put->made;
		if (put->error != NULL)
			failed(self->entries[i], put->error, data);
		g_clear_error(&put->error);
		g_bytes_unref(put->raw);
	}
	self->count = 0;
	return made;
}

/* Takes ownership of `raw`. */
static GBytes *rename_server(GBytes *raw, const char *my_name)
{
	gsize length;
	const char *text = g_bytes_get_data(raw, &length);
	g_autoptr(GPtrArray) records =
		my_name != NULL ? sm_records_parse(text, length, NULL, NULL) : NULL;

	if (records == NULL)
		return raw;
	for (guint i = 0; i < records->len; i++) {
		sm_record *record = g_ptr_array_index(records, i);

		g_free(record->my_name);
		record->my_name = g_strdup(my_name);
	}
	g_bytes_unref(raw);
	return sm_records_format(records);
}

guint convey(store *from, GPtrArray *clients, sm_dir *to, const char *my_name, convey_failed failed,
	void *data)
{
	struct batch batch = {.count = 0};
	const char *last = NULL;
	guint made = 0;

	for (guint i = 0; i < clients->len; i++) {
		const client *entry = g_ptr_array_index(clients, i);
		g_autoptr(GError) error = NULL;
		GBytes *raw;

		/* Clients of the same file are adjacent. */
		if (last != NULL && g_str_equal(last, entry->file))
			continue;
		last = entry->file;
		raw = store_load_record(from, entry->file, &error);

		if (raw == NULL) {
			failed(entry, error, data);
			continue;
		}
		batch.entries[batch.count] = entry;
		batch.puts[batch.count++] =
			(sm_put){.name = entry->file, .raw = rename_server(raw, my_name)};
		if (batch.count == CONVEYED_AT_ONCE)
			made += put_batch(&batch, to, failed, data);
	}
	return made + put_batch(&batch, to, failed, data);
}
