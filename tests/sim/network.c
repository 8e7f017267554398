/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "network.h"

#include "chance.h"
#include "story.h"

#define DELAY_LEAST_US 100
#define DELAY_MOST_US 20000

struct watch {
	struct actor *whose;
	sim_due told;
	void *data;
};

static GPtrArray *watches;
static guint loss;

void network_begin(void)
{
	watches = g_ptr_array_new_with_free_func(g_free);
	loss = cluster.setup.loss_percent;
}

void network_end(void)
{
	g_clear_pointer(&watches, g_ptr_array_unref);
}

static bool find_address(const char *text, struct service_group **group, guint *address)
{
	for (guint i = 0; i < cluster.setup.groups; i++) {
		for (guint j = 0; j < cluster.setup.addresses; j++) {
			*group = cluster.groups[i];
			*address = j;
			if (g_str_equal((*group)->addresses[j], text))
				return true;
		}
	}
	return false;
}

struct node *network_node_of(const char *text)
{
	struct service_group *group;
	guint address;

	return find_address(text, &group, &address) ? group->address_at[address] : NULL;
}

struct nfs_client *network_client(const char *address)
{
	for (guint i = 0; i < cluster.clients->len; i++) {
		struct nfs_client *one = cluster.clients->pdata[i];

		if (g_str_equal(one->address, address))
			return one;
	}
	return NULL;
}

void network_watch(struct actor *whose, sim_due told, void *data)
{
	struct watch *watch = g_new(struct watch, 1);

	watch->whose = whose;
	watch->told = told;
	watch->data = data;
	g_ptr_array_add(watches, watch);
}

void network_unwatch(void *data)
{
	for (guint i = watches->len; i-- > 0;) {
		if (((struct watch *)watches->pdata[i])->data == data)
			g_ptr_array_remove_index(watches, i);
	}
}

/* Who watches may be gone by then. */
static void tell(void *data)
{
	for (guint i = 0; i < watches->len; i++) {
		const struct watch *watch = watches->pdata[i];

		if (watch->data != data || watch->whose->dead || watch->whose->ending)
			continue;
		watch->told(watch->data);
		return;
	}
}

static void tell_all(const struct node *node)
{
	for (guint i = 0; i < watches->len; i++) {
		const struct watch *watch = watches->pdata[i];

		if (watch->whose->node == node)
			sim_after(chance_us(50, 2000), watch->whose, tell, watch->data);
	}
}

void network_move(struct service_group *group, guint address, struct node *to)
{
	struct node *from = group->address_at[address];

	if (from == to)
		return;
	group->address_at[address] = to;
	group->address_since_us[address] = sim_now();
	if (to != NULL)
		story("address %s comes to %s", group->addresses[address], to->name);
	else
		story("address %s goes from %s", group->addresses[address], from->name);
	if (from != NULL)
		tell_all(from);
	if (to != NULL)
		tell_all(to);
}

static bool is_lost(struct nfs_client *client)
{
	bool lost = chance_below(100) < loss;

	client->packets_lost += lost;
	return lost;
}

bool network_passes(struct nfs_client *client)
{
	return client->up && !client->cut && !is_lost(client);
}

gint64 network_delay_us(void)
{
	return chance_us(DELAY_LEAST_US, DELAY_MOST_US);
}

#define RESEND_US 200000
#define RESENDS_MAX 4

gint64 network_resend_us(struct nfs_client *client)
{
	gint64 us = 0;

	if (!client->up || client->cut)
		return -1;
	for (guint i = 0; i < RESENDS_MAX && is_lost(client); i++)
		us += (gint64)RESEND_US << i;
	return us;
}

void network_set_loss(guint percent)
{
	loss = percent;
}

guint network_loss(void)
{
	return loss;
}
