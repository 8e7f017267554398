/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/client.h"

#include <string.h>

static const char *const names[RECOVERY_COUNT] = {
	[RECOVERY_RECORDED] = "recorded",
	[RECOVERY_TOLD] = "told",
	[RECOVERY_ACKNOWLEDGED] = "acknowledged",
	[RECOVERY_RECLAIMED] = "reclaimed",
	[RECOVERY_LOST] = "lost",
};

client *client_new(const char *file, GBytes *raw, const char *mon_name, const char *my_name)
{
	client *self = g_new0(client, 1);

	self->file = g_strdup(file);
	self->raw = g_bytes_ref(raw);
	self->mon_name = g_strdup(mon_name);
	self->my_name = g_strdup(my_name);
	return self;
}

client *client_copy(const client *from)
{
	client *self = client_new(from->file, from->raw, from->mon_name, from->my_name);

	self->first_recorded = from->first_recorded;
	self->last_seen = from->last_seen;
	self->recovery = from->recovery;
	return self;
}

void client_free(client *self)
{
	if (self == NULL)
		return;
	g_free(self->file);
	g_bytes_unref(self->raw);
	g_free(self->mon_name);
	g_free(self->my_name);
	g_free(self);
}

gint client_compare_files(gconstpointer a, gconstpointer b)
{
	const client *first = *(const client *const *)a;
	const client *second = *(const client *const *)b;

	return strcmp(first->file, second->file);
}

const char *recovery_name(enum recovery recovery)
{
	return names[recovery];
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

bool recovery_is_open(enum recovery recovery)
{
	return recovery == RECOVERY_RECORDED || recovery == RECOVERY_TOLD ||
	       recovery == RECOVERY_ACKNOWLEDGED;
}
