/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drill/plan.h"

#include "base/error.h"
#include "cluster/resources.h"

static bool find_resource(
	struct plan *self, const cib *configuration, const char *group, GError **error)
{
	guint found = 0;

	for (guint i = 0; i < configuration->resources->len; i++) {
		const cib_resource *resource = g_ptr_array_index(configuration->resources, i);

		if (!resource_is_service(resource) || !g_str_equal(resource_group(resource), group))
			continue;
		self->resource = resource;
		found++;
	}
	self->store = found == 1 ? resource_store(self->resource) : NULL;
	if (self->store != NULL && self->resource->clone == NULL)
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_CONFIGURED,
		"the cluster has %u nfslock or nfsgroup resources of group '%s' that can be moved by a drill, and must have one: see 'lockferry check --group %s'",
		found == 1 ? 0 : found, group, group);
	return false;
}

static bool is_address_of(const cib_resource *resource, char **addresses)
{
	for (gsize i = 0; addresses[i] != NULL; i++) {
		if (resource_is_address(resource, addresses[i]))
			return true;
	}
	return false;
}

static void find_members(struct plan *self, const cib *configuration)
{
	const cib_resource *own = self->resource;
	g_auto(GStrv) addresses = resource_list(own, "ip");

	self->unit = own->group != NULL ? own->group : own->id;
	if (resource_is_own_server(own))
		g_ptr_array_add(self->addresses, own->id);
	for (guint i = 0; i < configuration->resources->len; i++) {
		const cib_resource *resource = g_ptr_array_index(configuration->resources, i);

		if (resource == own || g_strcmp0(resource->group, self->unit) == 0)
			g_ptr_array_add(self->members, resource->id);
		if (is_address_of(resource, addresses))
			g_ptr_array_add(self->addresses, resource->id);
	}
}

static bool is_member(const crm_mon *cluster, const char *here)
{
	for (guint i = 0; i < cluster->nodes->len; i++) {
		if (g_str_equal(((crm_mon_node *)g_ptr_array_index(cluster->nodes, i))->name, here))
			return true;
	}
	return false;
}

/* The names of the other nodes, as "'node2' or 'node3'". The caller frees it. */
static char *others(const crm_mon *cluster, const char *than)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < cluster->nodes->len; i++) {
		const crm_mon_node *node = g_ptr_array_index(cluster->nodes, i);

		if (!g_str_equal(node->name, than))
			g_string_append_printf(
				text, "%s'%s'", text->len > 0 ? " or " : "", node->name);
	}
	return g_string_free(text, FALSE);
}

static bool find_primary(
	struct plan *self, const crm_mon *cluster, const char *group, GError **error)
{
	const crm_mon_resource *found = crm_mon_find(cluster, self->resource->id);

	if (found != NULL && found->active && found->nodes->len == 1) {
		self->source = g_strdup(g_ptr_array_index(found->nodes, 0));
		return true;
	}
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
		"group '%s' is on %u nodes, and must be on one for a drill: see 'crm_mon -1'",
		group, found != NULL ? found->nodes->len : 0);
	return false;
}

static bool is_elsewhere(
	const struct plan *self, const crm_mon *cluster, const char *group, GError **error)
{
	g_autofree char *nodes = NULL;

	if (!g_str_equal(self->source, self->target))
		return true;
	nodes = others(cluster, self->target);
	g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
		"group '%s' is served on this node, '%s': run the drill on the node that will adopt it, %s",
		group, self->target, nodes);
	return false;
}

bool plan_make(struct plan *self, const cib *configuration, const crm_mon *cluster,
	const char *group, const char *here, GError **error)
{
	self->members = g_ptr_array_new();
	self->addresses = g_ptr_array_new();
	self->target = g_strdup(here);
	if (!is_member(cluster, here)) {
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_RUNNING,
			"this node, '%s', is not a member of the cluster: run the drill on the node that will adopt the group",
			here);
		return false;
	}
	if (!find_resource(self, configuration, group, error))
		return false;
	find_members(self, configuration);
	return find_primary(self, cluster, group, error) &&
	       is_elsewhere(self, cluster, group, error);
}

void plan_clear(struct plan *self)
{
	g_clear_pointer(&self->members, g_ptr_array_unref);
	g_clear_pointer(&self->addresses, g_ptr_array_unref);
	g_clear_pointer(&self->store, g_free);
	g_clear_pointer(&self->source, g_free);
	g_clear_pointer(&self->target, g_free);
}

bool plan_is_settled(const struct plan *self, const crm_mon *cluster, const char *node)
{
	for (guint i = 0; i < self->members->len; i++) {
		const char *id = g_ptr_array_index(self->members, i);

		if (!crm_mon_runs(cluster, id, node) ||
			crm_mon_find(cluster, id)->pending[0] != '\0')
			return false;
	}
	return true;
}
