/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/untold.h"

#include "base/text.h"

#include <string.h>

void untold_init(struct untold *self, const char *path, const char *const *addresses)
{
	memset(self, 0, sizeof(*self));
	self->path = path;
	self->addresses = addresses;
	self->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static void identify(const struct untold *self, struct stat *identity)
{
	if (stat(self->path, identity) != 0)
		memset(identity, 0, sizeof(*identity));
}

void untold_begin(struct untold *self, const client_list *clients)
{
	g_autoptr(GPtrArray) mon_names = client_list_mon_names(clients);

	/* Before reading the file: so a change during the reading is noticed later. */
	identify(self, &self->identity);
	hosts_free(self->known);
	self->known = hosts_load(self->path);
	g_hash_table_remove_all(self->names);
	for (guint i = 0; i < mon_names->len; i++)
		untold_add(self, g_ptr_array_index(mon_names, i));
}

bool untold_is_stale(const struct untold *self)
{
	struct stat now;

	if (self->known == NULL)
		return false;
	identify(self, &now);
	return now.st_dev != self->identity.st_dev || now.st_ino != self->identity.st_ino ||
	       now.st_size != self->identity.st_size ||
	       now.st_mtim.tv_sec != self->identity.st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != self->identity.st_mtim.tv_nsec;
}

bool untold_add(struct untold *self, const char *mon_name)
{
	return self->known != NULL && !hosts_can_reach(self->known, mon_name, self->addresses) &&
	       g_hash_table_add(self->names, g_strdup(mon_name));
}

void untold_remove(struct untold *self, const char *mon_name)
{
	g_hash_table_remove(self->names, mon_name);
}

char *untold_text(const struct untold *self)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *named = NULL;
	GHashTableIter iter;
	gpointer name;

	if (g_hash_table_size(self->names) == 0)
		return NULL;
	g_hash_table_iter_init(&iter, self->names);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		g_ptr_array_add(names, name);
	named = text_name_some(names);
	return g_strdup_printf(
		"these clients cannot be told to reclaim after a failover, and would lose their locks: %s: add the host name to /etc/hosts on every node, or give the group an address of the client's family",
		named);
}

void untold_clear(struct untold *self)
{
	g_clear_pointer(&self->known, hosts_free);
	g_clear_pointer(&self->names, g_hash_table_unref);
}
