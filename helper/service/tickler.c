/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/tickler.h"

#include "net/tickle.h"

#include <qb/qblog.h>

struct tickler {
	GArray *connections; /* owned; of struct connection; NULL: none to renew */
	guint addresses;     /* how many addresses the group has */
	GHashTable *started; /* owned address of the group -> owned tickle; NULL: it failed */
};

tickler *tickler_new(void)
{
	tickler *self = g_new0(tickler, 1);

	self->started =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)tickle_free);
	return self;
}

void tickler_expect(tickler *self, GArray *connections, guint addresses)
{
	g_hash_table_remove_all(self->started);
	g_clear_pointer(&self->connections, g_array_unref);
	self->connections = connections;
	self->addresses = addresses;
}

static void start_from(tickler *self, const char *address)
{
	g_autoptr(GError) error = NULL;
	tickle *started = tickle_start(address, self->connections, &error);

	if (started == NULL)
		qb_log(LOG_WARNING,
			"cannot renew the connections that clients had with '%s', so they may take longer to come back: %s",
			address, error->message);
	else if (tickle_count(started) > 0)
		qb_log(LOG_NOTICE, "%u connections that clients had with %s are renewed",
			tickle_count(started), address);
	g_hash_table_insert(self->started, g_strdup(address), started);
}

void tickler_arrived(tickler *self, const char *address)
{
	if (self->connections == NULL || g_hash_table_contains(self->started, address))
		return;
	start_from(self, address);
	if (g_hash_table_size(self->started) == self->addresses)
		g_clear_pointer(&self->connections, g_array_unref);
}

void tickler_free(tickler *self)
{
	if (self == NULL)
		return;
	g_hash_table_unref(self->started);
	g_clear_pointer(&self->connections, g_array_unref);
	g_free(self);
}
