/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/registrations.h"

#include <netconfig.h>
#include <rpc/rpc.h>
#include <rpc/rpcb_clnt.h>
#include <string.h>

#define RPCBIND_PROGRAM 100000

static void registration_free(void *data)
{
	struct registration *self = data;

	g_free(self->netid);
	g_free(self->address);
	g_free(self);
}

static void free_maps(rpcblist *maps)
{
	xdr_free((xdrproc_t)xdr_rpcblist_ptr, (char *)&maps);
}

GPtrArray *registrations_list(void)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(registration_free);
	struct netconfig *config = getnetconfigent("tcp");
	rpcblist *maps = config != NULL ? rpcb_getmaps(config, "127.0.0.1") : NULL;

	for (const rpcblist *at = maps; at != NULL; at = at->rpcb_next) {
		struct registration *one;

		if (at->rpcb_map.r_prog == RPCBIND_PROGRAM || at->rpcb_map.r_netid == NULL ||
			at->rpcb_map.r_addr == NULL)
			continue;
		one = g_new0(struct registration, 1);
		one->program = (guint32)at->rpcb_map.r_prog;
		one->version = (guint32)at->rpcb_map.r_vers;
		one->netid = g_strdup(at->rpcb_map.r_netid);
		one->address = g_strdup(at->rpcb_map.r_addr);
		g_ptr_array_add(list, one);
	}
	free_maps(maps);
	if (config != NULL)
		freenetconfigent(config);
	return list->len > 0 ? g_steal_pointer(&list) : NULL;
}

static bool_t set(const struct registration *one)
{
	struct netconfig *config = getnetconfigent(one->netid);
	struct netbuf *address = config != NULL ? uaddr2taddr(config, one->address) : NULL;
	bool_t good = FALSE;

	if (address != NULL)
		good = rpcb_set(one->program, one->version, config, address);
	if (address != NULL) {
		free(address->buf);
		free(address);
	}
	if (config != NULL)
		freenetconfigent(config);
	return good;
}

static gboolean is_known(const GPtrArray *known, const struct registration *one)
{
	for (guint i = 0; known != NULL && i < known->len; i++) {
		const struct registration *other = g_ptr_array_index(known, i);

		if (other->program == one->program && other->version == one->version &&
			strcmp(other->netid, one->netid) == 0)
			return TRUE;
	}
	return FALSE;
}

guint registrations_restore(const GPtrArray *list)
{
	g_autoptr(GPtrArray) known = registrations_list();
	guint count = 0;

	for (guint i = 0; i < list->len; i++) {
		const struct registration *one = g_ptr_array_index(list, i);

		count += is_known(known, one) || set(one);
	}
	return count;
}
