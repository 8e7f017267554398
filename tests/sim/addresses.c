/* SPDX-License-Identifier: GPL-2.0-or-later */

/* node/addresses.h: the addresses of the node that acts are those that the cluster gave it. */

#include "node/addresses.h"

#include "network.h"
#include "scheduler.h"

struct addresses {
	char **list;
	guint count;
	bool *here;
	addresses_changed changed;
	void *data;
	struct actor *whose; /* NULL: not started */
};

bool address_is_valid(const char *text)
{
	return text[0] != '\0';
}

bool address_is_same(const char *a, const char *b)
{
	return g_strcmp0(a, b) == 0;
}

addresses *addresses_new(const char *const *list, addresses_changed changed, void *data,
	GError **error G_GNUC_UNUSED)
{
	addresses *self = g_new0(addresses, 1);

	self->list = g_strdupv((char **)list);
	self->count = g_strv_length(self->list);
	self->here = g_new0(bool, self->count);
	self->changed = changed;
	self->data = data;
	return self;
}

addresses *addresses_seen(const char *const *list, GError **error)
{
	addresses *self = addresses_new(list, NULL, NULL, error);

	addresses_look(self);
	return self;
}

void addresses_look(addresses *self)
{
	for (guint i = 0; i < self->count && !actor_is_dead(); i++)
		self->here[i] = network_node_of(self->list[i]) == sim_actor->node;
}

/* rtnetlink tells. */
static void told(void *data)
{
	addresses *self = data;
	bool differs = false;

	for (guint i = 0; i < self->count; i++) {
		bool before = self->here[i];

		self->here[i] = network_node_of(self->list[i]) == sim_actor->node;
		differs = differs || before != self->here[i];
	}
	if (differs)
		self->changed(self->data);
}

bool addresses_start(addresses *self, GError **error G_GNUC_UNUSED)
{
	self->whose = sim_actor;
	network_watch(self->whose, told, self);
	addresses_look(self);
	return true;
}

const char *const *addresses_list(const addresses *self)
{
	return (const char *const *)self->list;
}

bool addresses_is_here(const addresses *self, guint place)
{
	return self->here[place];
}

bool addresses_any_here(const addresses *self)
{
	for (guint i = 0; i < self->count; i++) {
		if (self->here[i])
			return true;
	}
	return false;
}

void addresses_free(addresses *self)
{
	if (self == NULL)
		return;
	if (self->whose != NULL)
		network_unwatch(self);
	g_strfreev(self->list);
	g_free(self->here);
	g_free(self);
}
