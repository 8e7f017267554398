/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

#include "node/addresses.h"
#include "nsm/record.h"

#include <string.h>
#include <unistd.h>

/* The address starts last, so the group's filesystem is mounted before it, and the store on it must
 * be here too. */
static bool store_is_away(const struct check *self)
{
	return self->store != NULL && access(self->store, F_OK) != 0;
}

static void check_addresses(const struct check *self, struct findings *findings)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(addresses) list = addresses_seen(self->addresses, &error);

	if (list == NULL) {
		finding_add_error(findings, error);
		return;
	}
	for (guint i = 0; self->addresses[i] != NULL; i++) {
		if (!addresses_is_here(list, i))
			finding_add(findings, FINDING_NOTE,
				"this is normal on a node that does not serve the group",
				"the address '%s' is not on this node", self->addresses[i]);
		else if (store_is_away(self))
			finding_add(findings, FINDING_WARNING,
				"remove the address, and let the cluster start the group in order: the address after the store's filesystem, and after nfslock",
				"the address '%s' is on this node, but the store '%s' is not",
				self->addresses[i], self->store);
		else
			finding_add(findings, FINDING_OK, "", "the address '%s' is on this node",
				self->addresses[i]);
	}
}

/* Compares the names ignoring case; if one of them is a short name, only up to the first dot. */
static bool is_same_host(const char *name, const char *node)
{
	const char *dot = strchr(name, '.');
	const char *node_dot = strchr(node, '.');
	gsize length = dot != NULL ? (gsize)(dot - name) : strlen(name);
	gsize node_length = node_dot != NULL ? (gsize)(node_dot - node) : strlen(node);

	if (dot != NULL && node_dot != NULL)
		return g_ascii_strcasecmp(name, node) == 0;
	return length == node_length && g_ascii_strncasecmp(name, node, length) == 0;
}

/* The node of that name, this node or another one of the cluster; NULL: none. */
static const char *node_of_name(const struct check *self, const char *name)
{
	if (is_same_host(name, g_get_host_name()))
		return g_get_host_name();
	for (guint i = 0; self->cluster != NULL && i < self->cluster->nodes->len; i++) {
		const char *node = g_ptr_array_index(self->cluster->nodes, i);

		if (is_same_host(name, node))
			return node;
	}
	return NULL;
}

/* Returns whether the name may be looked up. */
static bool check_name(const struct check *self, const char *name, struct findings *findings)
{
	const char *node = node_of_name(self, name);
	const char *why;

	if (!sm_name_is_valid(name, &why))
		finding_add(findings, FINDING_WRONG, "give the names that clients mount by",
			"'%s' is not a valid host name: %s", name, why);
	else if (node != NULL)
		finding_add(findings, FINDING_WARNING,
			"use a name that leads only to the group's addresses, and have clients mount by it",
			"the name '%s' is the name of the node '%s': clients would send their reclaims to that node even if the group is elsewhere, be refused, and drop the lock",
			name, node);
	else
		return true;
	return false;
}

void check_identity(const struct check *self, struct findings *findings)
{
	bool resolve = self->addresses[0] != NULL;

	if (self->addresses[0] != NULL)
		check_addresses(self, findings);
	for (gsize i = 0; self->names[i] != NULL; i++) {
		if (check_name(self, self->names[i], findings) && resolve)
			resolve = check_name_leads(self, self->names[i], findings);
	}
}
