/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/cib.h"

#include "cluster/relations.h"

static void resource_free(cib_resource *self)
{
	g_free(self->id);
	g_free(self->agent);
	g_free(self->group);
	g_free(self->clone);
	g_free(self->template_id);
	g_hash_table_unref(self->parameters);
	g_hash_table_unref(self->by_rule);
	g_free(self);
}

static void move_free(cib_move *self)
{
	g_free(self->id);
	g_free(self->resource);
	g_free(self);
}

static void ban_free(cib_ban *self)
{
	g_free(self->resource);
	g_free(self->node);
	g_free(self);
}

cib *cib_new(void)
{
	cib *self = g_new0(cib, 1);

	self->resources = g_ptr_array_new_with_free_func((GDestroyNotify)resource_free);
	self->moves = g_ptr_array_new_with_free_func((GDestroyNotify)move_free);
	self->nodes = g_ptr_array_new_with_free_func(g_free);
	self->bans = g_ptr_array_new_with_free_func((GDestroyNotify)ban_free);
	self->orders = relations_new();
	self->places = relations_new();
	self->tags = relations_new();
	self->metas = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	self->clones = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	self->sources =
		g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)resource_free);
	return self;
}

void cib_free(cib *self)
{
	if (self == NULL)
		return;
	g_ptr_array_unref(self->resources);
	g_ptr_array_unref(self->moves);
	g_ptr_array_unref(self->nodes);
	g_ptr_array_unref(self->bans);
	g_free(self->fencing);
	g_hash_table_unref(self->orders);
	g_hash_table_unref(self->places);
	g_hash_table_unref(self->tags);
	g_hash_table_unref(self->metas);
	g_hash_table_unref(self->clones);
	g_hash_table_unref(self->sources);
	g_free(self);
}

static bool is_part_of(const cib_resource *resource, const char *id)
{
	return g_str_equal(resource->id, id) || g_strcmp0(resource->group, id) == 0 ||
	       g_strcmp0(resource->clone, id) == 0;
}

bool cib_is_banned(const cib *self, const cib_resource *resource, const char *node)
{
	for (guint i = 0; i < self->bans->len; i++) {
		const cib_ban *ban = g_ptr_array_index(self->bans, i);

		if (g_str_equal(ban->node, node) && is_part_of(resource, ban->resource))
			return true;
	}
	return false;
}

const char *cib_parameter(const cib_resource *resource, const char *name)
{
	const char *value = g_hash_table_lookup(resource->parameters, name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

bool cib_fences(const cib *self)
{
	return self->fencing == NULL || cib_is_true(self->fencing);
}

const char *cib_fencing_name(const cib *self)
{
	return self->fencing_is_new ? "fencing-enabled" : "stonith-enabled";
}

static char *meta_key(const char *owner, const char *name)
{
	return g_strjoin(" ", name, owner, NULL);
}

void cib_add_meta(cib *self, const char *owner, const char *name, const char *value)
{
	g_autofree char *key = meta_key(owner, name);

	if (!g_hash_table_contains(self->metas, key))
		g_hash_table_insert(self->metas, g_steal_pointer(&key), g_strdup(value));
}

static const char *meta_of(const cib *self, const char *owner, const char *name)
{
	g_autofree char *key = owner != NULL ? meta_key(owner, name) : NULL;

	return key != NULL ? g_hash_table_lookup(self->metas, key) : NULL;
}

const char *cib_meta(const cib *self, const cib_resource *resource, const char *name)
{
	const char *owners[] = {
		resource->id, resource->template_id, resource->group, resource->clone, ""};
	const char *value = NULL;

	for (gsize i = 0; value == NULL && i < G_N_ELEMENTS(owners); i++)
		value = meta_of(self, owners[i], name);
	return value != NULL && value[0] != '\0' ? value : NULL;
}

const char *cib_property(const cib *self, const char *name)
{
	return meta_of(self, CIB_CLUSTER, name);
}

bool cib_is_true(const char *value)
{
	static const char *const words[] = {"true", "yes", "on", "y", "1", NULL};

	for (gsize i = 0; words[i] != NULL; i++) {
		if (g_ascii_strcasecmp(value, words[i]) == 0)
			return true;
	}
	return false;
}

bool cib_group_has(const cib *self, const char *group, const char *meta)
{
	const char *value = meta_of(self, group, meta);

	return value == NULL || cib_is_true(value);
}

const GPtrArray *cib_by_rule(const cib_resource *resource, const char *name)
{
	return g_hash_table_lookup(resource->by_rule, name);
}
