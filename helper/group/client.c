/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/client.h"

#include <string.h>

static const char *const names[RECOVERY_COUNT] = {
	[RECOVERY_RECORDED] = "recorded",
	[RECOVERY_TOLD] = "told",
	[RECOVERY_UNREACHABLE] = "unreachable",
	[RECOVERY_ACKNOWLEDGED] = "acknowledged",
	[RECOVERY_RECLAIMED] = "reclaimed",
	[RECOVERY_MAY_HAVE_LOST] = "may_have_lost",
	[RECOVERY_LOST] = "lost",
};

client *client_new(const char *file, GBytes *raw, const char *mon_name, const char *my_name)
{
	bool same = g_str_equal(file, mon_name);
	gsize file_size = strlen(file) + 1;
	gsize mon_name_size = same ? 0 : strlen(mon_name) + 1;
	client *self = g_malloc0(sizeof(*self) + file_size + mon_name_size);

	memcpy(self->file, file, file_size);
	self->mon_name =
		same ? self->file : memcpy(self->file + file_size, mon_name, mon_name_size);
	self->my_name = g_ref_string_new_intern(my_name);
	self->raw = raw != NULL ? g_bytes_ref(raw) : NULL;
	return self;
}

client *client_copy(const client *from)
{
	client *self = client_new(from->file, NULL, from->mon_name, from->my_name);

	self->first_recorded = from->first_recorded;
	self->last_seen = from->last_seen;
	self->seen_by = from->seen_by;
	self->recovery = from->recovery;
	client_copy_facts(self, from);
	return self;
}

void client_copy_facts(client *self, const client *from)
{
	self->wanted = from->wanted;
	self->told = from->told;
	self->answered = from->answered;
	self->silent = from->silent;
	self->late = from->late;
	self->asked = from->asked;
	self->uses_group = from->uses_group;
}

void client_forget_facts(client *self)
{
	self->recovery = RECOVERY_RECORDED;
	self->told = 0;
	self->answered = 0;
	self->silent = 0;
	self->late = false;
	self->asked = false;
}

bool client_has_heard(const client *self, address_set wanted)
{
	return (self->answered & wanted) == wanted;
}

char *client_key(const char *file, const char *mon_name)
{
	return g_str_equal(file, mon_name) ? g_strdup(file)
					   : g_strconcat(file, " ", mon_name, NULL);
}

void client_free(client *self)
{
	if (self == NULL)
		return;
	g_clear_pointer(&self->raw, g_bytes_unref);
	g_ref_string_release(self->my_name);
	g_free(self);
}

gint client_compare_files(gconstpointer a, gconstpointer b)
{
	const client *first = *(const client *const *)a;
	const client *second = *(const client *const *)b;

	int order = strcmp(first->file, second->file);

	return order != 0 ? order : strcmp(first->mon_name, second->mon_name);
}

void clients_add_missing(GPtrArray *clients, const GPtrArray *known)
{
	g_autoptr(GHashTable) keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < clients->len; i++) {
		const client *entry = g_ptr_array_index(clients, i);

		g_hash_table_add(keys, client_key(entry->file, entry->mon_name));
	}
	for (guint i = 0; i < known->len; i++) {
		const client *entry = g_ptr_array_index(known, i);

		if (g_hash_table_add(keys, client_key(entry->file, entry->mon_name)))
			g_ptr_array_add(clients, client_copy(entry));
	}
	g_ptr_array_sort(clients, client_compare_files);
}

bool recovery_is_unheard(enum recovery recovery)
{
	return recovery == RECOVERY_MAY_HAVE_LOST || recovery == RECOVERY_LOST;
}

const char *recovery_name(enum recovery recovery)
{
	return names[recovery];
}

const char *recovery_text(const char *name)
{
	return g_str_equal(name, names[RECOVERY_MAY_HAVE_LOST])
		       ? "did not answer, not known to use this group"
		       : name;
}

bool recovery_from_name(const char *name, enum recovery *recovery)
{
	for (int i = 0; i < RECOVERY_COUNT; i++) {
		if (g_str_equal(name, names[i])) {
			*recovery = (enum recovery)i;
			return true;
		}
	}
	return false;
}
