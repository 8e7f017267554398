/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/crm_mon.h"

#include "base/error.h"

#include <string.h>

/* The position of the parser. */
struct reader {
	crm_mon *result;
	bool is_crm_mon;
	crm_mon_resource *resource; /* nodes that follow are in this list; borrowed */
	char *node;                 /* attributes that follow are this node's */
	guint clones;               /* how many clones we are inside */
};

/* The attributes of an element. */
struct element {
	const char **names, **values;
};

static const char *text_of(const struct element *self, const char *name)
{
	for (gsize i = 0; self->names[i] != NULL; i++) {
		if (g_str_equal(self->names[i], name))
			return self->values[i];
	}
	return "";
}

static bool is_true(const struct element *self, const char *name)
{
	return g_str_equal(text_of(self, name), "true");
}

static void node_free(crm_mon_node *self)
{
	g_free(self->name);
	g_free(self);
}

static void resource_free(crm_mon_resource *self)
{
	g_free(self->id);
	g_free(self->role);
	g_free(self->target_role);
	g_free(self->pending);
	g_ptr_array_unref(self->nodes);
	g_free(self);
}

static void failure_free(crm_mon_failure *self)
{
	g_free(self->action);
	g_free(self->node);
	g_free(self);
}

static void add_dc(crm_mon *self, const struct element *from)
{
	self->has_dc = is_true(from, "present");
	self->quorum = is_true(from, "with_quorum");
	g_free(self->version);
	self->version = g_strdup(text_of(from, "version"));
}

static void add_options(crm_mon *self, const struct element *from)
{
	self->maintenance = is_true(from, "maintenance-mode");
	self->stopped = is_true(from, "stop-all-resources");
	/* This is the name since Pacemaker 3.0.2, which prints both names. */
	self->fencing = text_of(from, "fencing-enabled")[0] != '\0'
				? is_true(from, "fencing-enabled")
				: is_true(from, "stonith-enabled");
}

static void add_node(crm_mon *self, const struct element *from)
{
	crm_mon_node *node = g_new0(crm_mon_node, 1);

	node->name = g_strdup(text_of(from, "name"));
	node->online = is_true(from, "online");
	node->standby = is_true(from, "standby") || is_true(from, "standby_onfail");
	node->maintenance = is_true(from, "maintenance");
	node->pending = is_true(from, "pending");
	node->unclean = is_true(from, "unclean");
	node->shutdown = is_true(from, "shutdown");
	g_ptr_array_add(self->nodes, node);
}

/* The pending action "Monitoring" is a recurring monitor, which changes nothing. Pacemaker shows it
 * all the time if the monitor answers "degraded" (lib/pengine/native.c, native_pending_action(); a
 * probe has no such word). */
static const char *pending_change(const char *pending)
{
	return g_str_equal(pending, "Monitoring") ? "" : pending;
}

static void add_resource(struct reader *self, const struct element *from)
{
	crm_mon_resource *resource = g_new0(crm_mon_resource, 1);

	resource->id = g_strdup(text_of(from, "id"));
	resource->role = g_strdup(text_of(from, "role"));
	resource->target_role = g_strdup(text_of(from, "target_role"));
	resource->pending = g_strdup(pending_change(text_of(from, "pending")));
	resource->active = is_true(from, "active");
	resource->failed = is_true(from, "failed");
	resource->blocked = is_true(from, "blocked");
	resource->managed = is_true(from, "managed");
	resource->orphaned = is_true(from, "orphaned");
	resource->cloned = self->clones > 0;
	resource->nodes = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(self->result->resources, resource);
	self->resource = resource;
}

/* An action is identified by its key; without a key, by its resource. */
static void add_failure(crm_mon *self, const struct element *from)
{
	crm_mon_failure *failure = g_new0(crm_mon_failure, 1);
	const char *key = text_of(from, "op_key");

	failure->action = g_strdup(key[0] != '\0' ? key : text_of(from, "id"));
	failure->node = g_strdup(text_of(from, "node"));
	failure->status = (int)g_ascii_strtoll(text_of(from, "exitcode"), NULL, 10);
	g_ptr_array_add(self->failures, failure);
}

/* Neither a node's name nor an attribute's name contains a newline. */
static char *attribute_key(const char *node, const char *name)
{
	return g_strconcat(node, "\n", name, NULL);
}

static void add_attribute(struct reader *self, const struct element *from)
{
	if (self->node != NULL)
		g_hash_table_replace(self->result->attributes,
			attribute_key(self->node, text_of(from, "name")),
			g_strdup(text_of(from, "value")));
}

static void begin_node(struct reader *self, const char *parent, const struct element *from)
{
	if (g_str_equal(parent, "nodes")) {
		add_node(self->result, from);
	} else if (g_str_equal(parent, "resource") && self->resource != NULL) {
		g_ptr_array_add(self->resource->nodes, g_strdup(text_of(from, "name")));
	} else if (g_str_equal(parent, "node_attributes")) {
		g_free(self->node);
		self->node = g_strdup(text_of(from, "name"));
	}
}

static bool is_clone(const char *name)
{
	return g_str_equal(name, "clone") || g_str_equal(name, "bundle");
}

static void begin_element(GMarkupParseContext *context, const char *name, const char **names,
	const char **values, gpointer data, GError **error G_GNUC_UNUSED)
{
	const GSList *parents = g_markup_parse_context_get_element_stack(context)->next;
	const struct element from = {names, values};
	struct reader *self = data;

	if (parents == NULL)
		self->is_crm_mon = g_str_equal(name, "pacemaker-result") ||
				   g_str_equal(name, "crm_mon"); /* used before Pacemaker 2.1 */
	else if (g_str_equal(name, "current_dc"))
		add_dc(self->result, &from);
	else if (g_str_equal(name, "cluster_options"))
		add_options(self->result, &from);
	else if (g_str_equal(name, "node"))
		begin_node(self, parents->data, &from);
	else if (g_str_equal(name, "resource"))
		add_resource(self, &from);
	else if (g_str_equal(name, "attribute"))
		add_attribute(self, &from);
	else if (g_str_equal(name, "failure"))
		add_failure(self->result, &from);
	else if (is_clone(name))
		self->clones++;
}

static void end_element(GMarkupParseContext *context G_GNUC_UNUSED, const char *name, gpointer data,
	GError **error G_GNUC_UNUSED)
{
	struct reader *self = data;

	if (g_str_equal(name, "resource"))
		self->resource = NULL;
	else if (g_str_equal(name, "node_attributes"))
		g_clear_pointer(&self->node, g_free);
	else if (is_clone(name))
		self->clones--;
}

static crm_mon *crm_mon_new(void)
{
	crm_mon *self = g_new0(crm_mon, 1);

	self->version = g_strdup("");
	self->nodes = g_ptr_array_new_with_free_func((GDestroyNotify)node_free);
	self->resources = g_ptr_array_new_with_free_func((GDestroyNotify)resource_free);
	self->failures = g_ptr_array_new_with_free_func((GDestroyNotify)failure_free);
	self->attributes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return self;
}

crm_mon *crm_mon_parse(const char *text, gsize length, GError **error)
{
	static const GMarkupParser parser = {
		.start_element = begin_element,
		.end_element = end_element,
	};
	g_autoptr(crm_mon) self = crm_mon_new();
	struct reader reader = {.result = self};
	g_autoptr(GMarkupParseContext) context =
		g_markup_parse_context_new(&parser, G_MARKUP_DEFAULT_FLAGS, &reader, NULL);
	bool parsed = g_markup_parse_context_parse(context, text, (gssize)length, NULL) &&
		      g_markup_parse_context_end_parse(context, NULL);

	g_free(reader.node);
	if (parsed && reader.is_crm_mon)
		return g_steal_pointer(&self);
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"the output of crm_mon is not the XML of a cluster's status: is it older than Pacemaker 2.0?");
	return NULL;
}

void crm_mon_free(crm_mon *self)
{
	if (self == NULL)
		return;
	g_free(self->version);
	g_ptr_array_unref(self->nodes);
	g_ptr_array_unref(self->resources);
	g_ptr_array_unref(self->failures);
	g_hash_table_unref(self->attributes);
	g_free(self);
}

const char *crm_mon_attribute(const crm_mon *self, const char *node, const char *name)
{
	g_autofree char *key = attribute_key(node, name);

	return g_hash_table_lookup(self->attributes, key);
}

const crm_mon_resource *crm_mon_find(const crm_mon *self, const char *id)
{
	for (guint i = 0; i < self->resources->len; i++) {
		const crm_mon_resource *resource = g_ptr_array_index(self->resources, i);

		if (g_str_equal(resource->id, id))
			return resource;
	}
	return NULL;
}

static bool is_up(const crm_mon *self, const char *name)
{
	for (guint i = 0; i < self->nodes->len; i++) {
		const crm_mon_node *node = g_ptr_array_index(self->nodes, i);

		if (g_str_equal(node->name, name))
			return node->online && !node->unclean;
	}
	return false;
}

bool crm_mon_runs(const crm_mon *self, const char *id, const char *node)
{
	const crm_mon_resource *resource = crm_mon_find(self, id);

	if (resource == NULL || !resource->active || !is_up(self, node))
		return false;
	for (guint i = 0; i < resource->nodes->len; i++) {
		if (g_str_equal(g_ptr_array_index(resource->nodes, i), node))
			return true;
	}
	return false;
}
