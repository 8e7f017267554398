/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

#include "node/addresses.h"
#include "nsm/record.h"

#include <string.h>
#include <unistd.h>

/* The address comes last of all, and the store is on the group's filesystem. */
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
				"on the node that does not serve the group this is as it should be",
				"the address '%s' is not on this node", self->addresses[i]);
		else if (store_is_away(self))
			finding_add(findings, FINDING_WARNING,
				"take the address away, and let the cluster start the group in its order: the address after the store's filesystem, and after nfslock",
				"the address '%s' is on this node, but the store '%s' is not",
				self->addresses[i], self->store);
		else
			finding_add(findings, FINDING_OK, "", "the address '%s' is on this node",
				self->addresses[i]);
	}
}

/* The same letters, up to the first dot if one of the two is short. */
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

/* The node of that name, this one or another one of the cluster; NULL: none. */
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

/* Whether it may be looked up. */
static bool check_name(const struct check *self, const char *name, struct findings *findings)
{
	const char *node = node_of_name(self, name);
	const char *why;

	if (!sm_name_is_valid(name, &why))
		finding_add(findings, FINDING_WRONG, "give the names that clients mount by",
			"'%s' is no name of a host: %s", name, why);
	else if (node != NULL)
		finding_add(findings, FINDING_WARNING,
			"give a name that leads to the group's addresses only, and have clients mount by that",
			"the name '%s' is that of the node '%s': clients would reclaim from it, wherever the group is, be refused, and forget the lock",
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
