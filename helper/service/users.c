/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/users.h"

#include "net/connections.h"

GHashTable *users_of(const GArray *connections)
{
	GHashTable *users = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; connections != NULL && i < connections->len; i++)
		g_hash_table_add(users,
			endpoint_to_text(&g_array_index(connections, struct connection, i).client));
	return users;
}

struct usage {
	GHashTable *users;
	const hosts *known;
	const char *const *addresses;
};

/* Converts the address to the form of endpoint_to_text(), because a record may have another
 * form. */
static bool is_at(GHashTable *users, const char *address)
{
	g_autofree char *text = NULL;
	endpoint parsed;

	if (!endpoint_parse(address, &parsed, NULL))
		return false;
	text = endpoint_to_text(&parsed);
	return g_hash_table_contains(users, text);
}

static void mark(client *entry, void *data)
{
	const struct usage *usage = data;

	for (gsize i = 0; usage->addresses[i] != NULL && !entry->uses_group; i++) {
		g_autofree char *at =
			hosts_reach(usage->known, entry->mon_name, usage->addresses[i]);

		entry->uses_group = at != NULL && is_at(usage->users, at);
	}
}

void users_mark(
	GHashTable *users, client_list *clients, const hosts *known, const char *const *addresses)
{
	struct usage usage = {.users = users, .known = known, .addresses = addresses};

	if (g_hash_table_size(users) > 0)
		client_list_each(clients, mark, &usage);
}
