/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The connections that clients had with the group where it was before: renewed as soon as its
 * addresses are here, so that no client finds out by itself, which takes as long again as the
 * group was away. */

#include "net/tickle.h"
#include "service/internal.h"

#include <qb/qblog.h>

void service_expect_connections(struct service *self, GArray *connections)
{
	service_clear_tickles(self);
	self->tickles.connections = connections;
	self->tickles.started =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)tickle_free);
}

static void start_from(struct tickles *self, const char *address)
{
	g_autoptr(GError) error = NULL;
	tickle *started = tickle_start(address, self->connections, &error);

	if (started == NULL)
		qb_log(LOG_WARNING,
			"clients find out by themselves that their connections with %s have ended: "
			"%s",
			address, error->message);
	else if (tickle_count(started) > 0)
		qb_log(LOG_NOTICE, "%u connections that clients had with %s are renewed",
			tickle_count(started), address);
	g_hash_table_insert(self->started, g_strdup(address), started);
}

void service_tickle(struct service *self)
{
	struct tickles *tickles = &self->tickles;
	const char *const *list = addresses_list(self->here);
	bool missing = false;

	if (tickles->connections == NULL)
		return;
	for (guint i = 0; list[i] != NULL; i++) {
		if (g_hash_table_contains(tickles->started, list[i]))
			continue;
		if (addresses_is_here(self->here, i))
			start_from(tickles, list[i]);
		else
			missing = true;
	}
	if (!missing)
		g_clear_pointer(&tickles->connections, g_array_unref);
}

void service_clear_tickles(struct service *self)
{
	g_clear_pointer(&self->tickles.connections, g_array_unref);
	g_clear_pointer(&self->tickles.started, g_hash_table_unref);
}
