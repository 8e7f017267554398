/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/cib_reader.h"

#include "base/error.h"
#include "cluster/cib_relations.h"
#include "cluster/cib_tree.h"
#include "cluster/relations.h"

enum constraint {
	CONSTRAINT_NONE,
	CONSTRAINT_ORDER,
	CONSTRAINT_PLACE,
};

/* The position of the parser. */
struct reader {
	cib *result;
	bool is_cib;
	cib_resource *resource; /* parameters that follow belong to it; borrowed */
	char *group, *clone;    /* resources that follow are members of these */
	char *member;           /* the last member of that group */
	enum constraint constraint;
	bool infinite; /* the constraint's score is infinite; a set may have another score */
	guint sets;    /* number of sets so far, in all constraints */
	bool in_set;   /* inside a set that counts */
	bool sequential;
	enum cib_set_order order; /* of the set */
	char *previous;           /* the last resource of this set */
	char *tag;                /* resources that follow have this tag */
	bool by_rule;             /* parameters that follow apply only if a rule is true */
};

static const char *attribute(const char **names, const char **values, const char *name)
{
	for (; *names != NULL; names++, values++) {
		if (g_str_equal(*names, name))
			return *values;
	}
	return NULL;
}

static bool is_among(const char *name, const char *const *list)
{
	return name != NULL && g_strv_contains(list, name);
}

static bool is_clone(const char *element)
{
	static const char *const clones[] = {"clone", "master", "bundle", NULL};

	return is_among(element, clones);
}

static char *agent_name(const char **names, const char **values)
{
	const char *provider = attribute(names, values, "provider");
	const char *class = attribute(names, values, "class");
	const char *type = attribute(names, values, "type");

	if (class == NULL || type == NULL)
		return g_strdup("");
	return provider != NULL ? g_strjoin(":", class, provider, type, NULL)
				: g_strjoin(":", class, type, NULL);
}

static cib_resource *resource_new(const char *id, const char **names, const char **values)
{
	cib_resource *resource = g_new0(cib_resource, 1);

	resource->id = g_strdup(id);
	resource->agent = agent_name(names, values);
	resource->template_id = g_strdup(attribute(names, values, "template"));
	resource->parameters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	resource->by_rule = relations_new();
	return resource;
}

/* A member is placed with the previous member, unless collocated=false. */
static void place_member(struct reader *self, const char *id)
{
	if (cib_group_has(self->result, self->group, "collocated"))
		cib_relate_places(
			self->result, self->member != NULL ? self->member : self->group, id);
}

/* A group's members start one after the other, on the same node. */
static void add_member(struct reader *self, const char *id)
{
	if (self->group == NULL)
		return;
	place_member(self, id);
	if (!cib_group_has(self->result, self->group, "ordered")) {
		cib_relate_begins(self->result, self->group, id);
		cib_relate_ends(self->result, id, self->group);
	} else if (self->member == NULL) {
		cib_relate_begins(self->result, self->group, id);
	} else {
		cib_relate_order(self->result, self->member, id);
	}
	g_free(self->member);
	self->member = g_strdup(id);
}

static void add_primitive(struct reader *self, const char **names, const char **values)
{
	const char *id = attribute(names, values, "id");

	if (id == NULL)
		return;
	self->resource = resource_new(id, names, values);
	self->resource->group = g_strdup(self->group);
	self->resource->clone = g_strdup(self->clone);
	g_ptr_array_add(self->result->resources, self->resource);
	cib_relate_primitive(self->result, id);
	/* In constraints, a template stands for its resources. */
	if (self->resource->template_id != NULL)
		relations_add(self->result->tags, self->resource->template_id, id);
	if (self->clone != NULL && self->group == NULL) {
		cib_relate_begins(self->result, self->clone, id);
		cib_relate_ends(self->result, id, self->clone);
	}
	add_member(self, id);
}

/* Notes the resources from which others take parameters. */
static void add_source(struct reader *self, const char **names, const char **values)
{
	const char *id = attribute(names, values, "id");

	if (id == NULL)
		return;
	self->resource = resource_new(id, names, values);
	g_hash_table_replace(self->result->sources, self->resource->id, self->resource);
}

static void begin_container(
	struct reader *self, char **which, const char **names, const char **values)
{
	const char *id = attribute(names, values, "id");

	if (id == NULL || *which != NULL)
		return;
	*which = g_strdup(id);
	if (which == &self->clone)
		cib_relate_clone(self->result, id);
	else if (which == &self->group && self->clone != NULL)
		cib_relate_begins(self->result, self->clone, id);
	if (which != &self->tag)
		add_source(self, names, values);
}

static void end_group(struct reader *self)
{
	if (self->group != NULL && self->member != NULL)
		cib_relate_ends(self->result, self->member, self->group);
	if (self->group != NULL && self->clone != NULL)
		cib_relate_ends(self->result, self->group, self->clone);
	g_clear_pointer(&self->group, g_free);
	g_clear_pointer(&self->member, g_free);
}

static bool is_infinite(const char *score)
{
	return cib_score(score) >= CIB_INFINITY;
}

/* Only an order that always applies, to starts and to stops, counts. */
static bool order_is_mandatory(const char **names, const char **values)
{
	const char *kind = attribute(names, values, "kind");
	const char *score = attribute(names, values, "score");
	const char *symmetrical = attribute(names, values, "symmetrical");

	if (kind != NULL ? !g_str_equal(kind, "Mandatory") : g_strcmp0(score, "0") == 0)
		return false;
	return symmetrical == NULL || cib_is_true(symmetrical);
}

static bool is_start(const char *action)
{
	static const char *const starts[] = {"start", "promote", NULL};

	return action == NULL || is_among(action, starts);
}

/* A symmetrical order of two stops implies the reverse order of their starts. */
static bool is_stop(const char *action)
{
	static const char *const stops[] = {"stop", "demote", NULL};

	return is_among(action, stops);
}

/* The resources that an id in a constraint stands for: itself, or those of a tag. The caller frees
 * the list, but not its elements. */
static GPtrArray *named_by(const cib *self, const char *id)
{
	const GPtrArray *tagged = g_hash_table_lookup(self->tags, id);
	GPtrArray *list = g_ptr_array_new();

	for (guint i = 0; tagged != NULL && i < tagged->len; i++)
		g_ptr_array_add(list, g_ptr_array_index(tagged, i));
	if (tagged == NULL)
		g_ptr_array_add(list, (char *)id);
	return list;
}

static void relate_all(cib *self, const char *one, const char *other,
	void (*relate)(cib *, const char *, const char *))
{
	g_autoptr(GPtrArray) ones = named_by(self, one);
	g_autoptr(GPtrArray) others = named_by(self, other);

	for (guint i = 0; i < ones->len; i++) {
		for (guint j = 0; j < others->len; j++)
			relate(self, g_ptr_array_index(ones, i), g_ptr_array_index(others, j));
	}
}

static void add_order(struct reader *self, const char **names, const char **values)
{
	const char *first = attribute(names, values, "first");
	const char *then = attribute(names, values, "then");
	const char *action = attribute(names, values, "first-action");
	const char *then_action = attribute(names, values, "then-action");

	if (!order_is_mandatory(names, values))
		return;
	self->constraint = CONSTRAINT_ORDER;
	if (first == NULL || then == NULL)
		return;
	if (then_action == NULL)
		then_action = action;
	if (is_start(action) && is_start(then_action))
		relate_all(self->result, first, then, cib_relate_order);
	else if (is_stop(action) && is_stop(then_action))
		relate_all(self->result, then, first, cib_relate_order);
}

/* With another node attribute than the name, several nodes can count as the same place. */
static bool is_on_one_node(const char **names, const char **values)
{
	const char *by = attribute(names, values, "node-attribute");

	return by == NULL || g_str_equal(by, "#uname");
}

static void add_place(struct reader *self, const char **names, const char **values)
{
	const char *one = attribute(names, values, "rsc");
	const char *other = attribute(names, values, "with-rsc");

	if (!is_on_one_node(names, values))
		return;
	self->constraint = CONSTRAINT_PLACE;
	self->infinite = is_infinite(attribute(names, values, "score"));
	if (self->infinite && one != NULL && other != NULL)
		relate_all(self->result, one, other, cib_relate_places);
}

static bool set_counts(const struct reader *self, const char *action, const char *score)
{
	if (self->constraint == CONSTRAINT_PLACE)
		return score != NULL ? is_infinite(score) : self->infinite;
	return is_start(action) || is_stop(action);
}

/* Sets are numbered. There is a gap between the numbers of two constraints. */
static void begin_set(struct reader *self, const char **names, const char **values)
{
	const char *sequential = attribute(names, values, "sequential");
	const char *require_all = attribute(names, values, "require-all");
	const char *action = attribute(names, values, "action");

	self->sequential = sequential == NULL || cib_is_true(sequential);
	self->order = is_stop(action) ? CIB_SET_REVERSED : 0;
	if (require_all != NULL && !cib_is_true(require_all))
		self->order |= CIB_SET_ANY;
	self->sets++;
	self->in_set = set_counts(self, action, attribute(names, values, "score"));
}

static void add_ordered(struct reader *self, const char *id)
{
	cib_relate_ordered_set(self->result, self->sets, self->order, id);
	if (!self->sequential || self->previous == NULL)
		return;
	if ((self->order & CIB_SET_REVERSED) != 0)
		cib_relate_order(self->result, id, self->previous);
	else
		cib_relate_order(self->result, self->previous, id);
}

static void add_placed(struct reader *self, const char *id)
{
	cib_relate_placed_set(self->result, self->sets, id);
	if (self->sequential && self->previous != NULL)
		cib_relate_places(self->result, self->previous, id);
}

static void add_named(struct reader *self, const char *id)
{
	if (self->constraint == CONSTRAINT_ORDER)
		add_ordered(self, id);
	else if (self->constraint == CONSTRAINT_PLACE)
		add_placed(self, id);
	g_free(self->previous);
	self->previous = g_strdup(id);
}

static void add_reference(struct reader *self, const char *id)
{
	g_autoptr(GPtrArray) list = NULL;

	if (id == NULL || !self->in_set)
		return;
	list = named_by(self->result, id);
	for (guint i = 0; i < list->len; i++)
		add_named(self, g_ptr_array_index(list, i));
}

static void add_parameter(struct reader *self, const char **names, const char **values)
{
	const char *name = attribute(names, values, "name");
	const char *value = attribute(names, values, "value");

	if (name != NULL && value != NULL && self->resource != NULL && self->by_rule) {
		relations_add(self->resource->by_rule, name, value);
		return;
	}
	/* If there are several sets of attributes, the first one counts. */
	if (name != NULL && value != NULL && self->resource != NULL &&
		!g_hash_table_contains(self->resource->parameters, name))
		g_hash_table_insert(self->resource->parameters, g_strdup(name), g_strdup(value));
}

static void add_fencing(struct reader *self, const char **names, const char **values)
{
	const char *name = attribute(names, values, "name");
	bool is_new = g_strcmp0(name, "fencing-enabled") == 0;
	cib *to = self->result;

	if (!(is_new || g_strcmp0(name, "stonith-enabled") == 0) ||
		(to->fencing != NULL && (to->fencing_is_new || !is_new)))
		return;
	g_free(to->fencing);
	to->fencing = g_strdup(attribute(names, values, "value"));
	to->fencing_is_new = is_new && to->fencing != NULL;
}

static void add_meta(
	struct reader *self, const char *owner, const char **names, const char **values)
{
	const char *name = attribute(names, values, "name");
	const char *value = attribute(names, values, "value");

	if (name != NULL && value != NULL)
		cib_add_meta(self->result, owner, name, value);
}

static void add_property(struct reader *self, const char **names, const char **values)
{
	add_fencing(self, names, values);
	add_meta(self, CIB_CLUSTER, names, values);
}

/* `element`: the element to which they belong. */
static void add_meta_of(
	struct reader *self, const char *element, const char **names, const char **values)
{
	static const char *const owners[] = {"primitive", "template", NULL};

	if (is_among(element, owners) && self->resource != NULL) {
		add_meta(self, self->resource->id, names, values);
	} else if (g_strcmp0(element, "group") == 0 && self->group != NULL) {
		add_meta(self, self->group, names, values);
	} else if (is_clone(element) && self->clone != NULL) {
		add_meta(self, self->clone, names, values);
	} else if (g_strcmp0(element, "rsc_defaults") == 0) {
		add_meta(self, "", names, values);
	}
}

static void add_tagged(struct reader *self, const char *id)
{
	if (self->tag != NULL && id != NULL)
		relations_add(self->result->tags, self->tag, id);
}

/* `parents`: the elements around this one, innermost first. */
static void add_pair(
	struct reader *self, const GSList *parents, const char **names, const char **values)
{
	static const char *const owners[] = {
		"primitive", "template", "group", "clone", "master", "bundle", NULL};
	const char *parent = g_slist_nth_data((GSList *)parents, 0);
	const char *grandparent = g_slist_nth_data((GSList *)parents, 1);

	if (g_strcmp0(parent, "cluster_property_set") == 0)
		add_property(self, names, values);
	else if (g_strcmp0(parent, "instance_attributes") == 0 && is_among(grandparent, owners))
		add_parameter(self, names, values);
	else if (g_strcmp0(parent, "meta_attributes") == 0)
		add_meta_of(self, grandparent, names, values);
}

static void begin_constraint(
	struct reader *self, const char *element, const char **names, const char **values)
{
	self->sets++;
	self->constraint = CONSTRAINT_NONE;
	if (g_str_equal(element, "rsc_order"))
		add_order(self, names, values);
	else
		add_place(self, names, values);
}

static void add_move(struct reader *self, const char *id, const char *resource)
{
	cib_move *move = g_new0(cib_move, 1);

	move->id = g_strdup(id);
	move->resource = g_strdup(resource);
	g_ptr_array_add(self->result->moves, move);
}

/* One of a role concerns only instances in it. */
static void add_ban(
	struct reader *self, const char *resource, const char **names, const char **values)
{
	const char *role = attribute(names, values, "role");
	const char *node = attribute(names, values, "node");
	cib_ban *ban;

	if (node == NULL || g_strcmp0(attribute(names, values, "score"), "-INFINITY") != 0 ||
		(role != NULL && g_ascii_strcasecmp(role, "Started") != 0))
		return;
	ban = g_new0(cib_ban, 1);
	ban->resource = g_strdup(resource);
	ban->node = g_strdup(node);
	g_ptr_array_add(self->result->bans, ban);
}

/* crm_resource gives those of a move these names, and finds them by name
 * (tools/crm_resource_ban.c). */
static void add_location(struct reader *self, const char **names, const char **values)
{
	const char *id = attribute(names, values, "id");
	const char *resource = attribute(names, values, "rsc");

	if (id == NULL || resource == NULL)
		return;
	if (g_str_has_prefix(id, "cli-prefer-") || g_str_has_prefix(id, "cli-ban-"))
		add_move(self, id, resource);
	else
		add_ban(self, resource, names, values);
}

static void add_node(struct reader *self, const char **names, const char **values)
{
	const char *name = attribute(names, values, "uname");

	if (name != NULL)
		g_ptr_array_add(self->result->nodes, g_strdup(name));
}

static bool is_constraint(const char *element)
{
	static const char *const constraints[] = {"rsc_order", "rsc_colocation", NULL};

	return is_among(element, constraints);
}

static void begin_element(const char *element, const char **names, const char **values,
	const GSList *parents, gpointer data)
{
	struct reader *self = data;

	if (parents == NULL)
		self->is_cib = g_str_equal(element, "cib");
	else if (g_str_equal(element, "primitive"))
		add_primitive(self, names, values);
	else if (g_str_equal(element, "template"))
		add_source(self, names, values);
	else if (g_str_equal(element, "group"))
		begin_container(self, &self->group, names, values);
	else if (is_clone(element))
		begin_container(self, &self->clone, names, values);
	else if (is_constraint(element))
		begin_constraint(self, element, names, values);
	else if (g_str_equal(element, "rsc_location"))
		add_location(self, names, values);
	else if (g_str_equal(element, "resource_set"))
		begin_set(self, names, values);
	else if (g_str_equal(element, "resource_ref"))
		add_reference(self, attribute(names, values, "id"));
	else if (g_str_equal(element, "tag"))
		begin_container(self, &self->tag, names, values);
	else if (g_str_equal(element, "obj_ref"))
		add_tagged(self, attribute(names, values, "id"));
	else if (g_str_equal(element, "rule"))
		self->by_rule =
			g_strcmp0(parents->data, "instance_attributes") == 0 || self->by_rule;
	else if (g_str_equal(element, "nvpair"))
		add_pair(self, parents, names, values);
	else if (g_str_equal(element, "node") && g_strcmp0(parents->data, "nodes") == 0)
		add_node(self, names, values);
}

static void end_element(const char *element, gpointer data)
{
	struct reader *self = data;

	if (g_str_equal(element, "primitive") || g_str_equal(element, "template"))
		self->resource = NULL;
	else if (g_str_equal(element, "group"))
		end_group(self);
	else if (is_clone(element))
		g_clear_pointer(&self->clone, g_free);
	else if (is_constraint(element))
		self->constraint = CONSTRAINT_NONE;
	else if (g_str_equal(element, "tag"))
		g_clear_pointer(&self->tag, g_free);
	else if (g_str_equal(element, "instance_attributes"))
		self->by_rule = false;
	else if (g_str_equal(element, "resource_set")) {
		self->in_set = false;
		g_clear_pointer(&self->previous, g_free);
	}
}

static void reader_clear(struct reader *self)
{
	g_free(self->group);
	g_free(self->clone);
	g_free(self->member);
	g_free(self->previous);
	g_free(self->tag);
}

static void take_parameters(cib_resource *resource, const cib_resource *from)
{
	GHashTableIter iter;
	gpointer name, value;

	g_hash_table_iter_init(&iter, from->parameters);
	while (g_hash_table_iter_next(&iter, &name, &value)) {
		if (!g_hash_table_contains(resource->parameters, name))
			g_hash_table_insert(resource->parameters, g_strdup(name), g_strdup(value));
	}
	g_hash_table_iter_init(&iter, from->by_rule);
	while (g_hash_table_iter_next(&iter, &name, &value)) {
		const GPtrArray *list = value;

		for (guint i = 0; i < list->len; i++)
			relations_add(resource->by_rule, name, g_ptr_array_index(list, i));
	}
}

static const cib_resource *source_of(const cib *self, const char *id)
{
	return id != NULL ? g_hash_table_lookup(self->sources, id) : NULL;
}

/* A template may come after the resources that use it. Members inherit the values of their group or
 * clone, unless they set their own. */
static void apply_sources(const cib *self, cib_resource *resource)
{
	const char *ids[] = {resource->template_id, resource->group, resource->clone};
	const cib_resource *template = source_of(self, resource->template_id);

	if (template != NULL) {
		g_free(resource->agent);
		resource->agent = g_strdup(template->agent);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(ids); i++) {
		const cib_resource *from = source_of(self, ids[i]);

		if (from != NULL)
			take_parameters(resource, from);
	}
}

/* If only rules set a value, one of theirs applies. */
static void apply_rules(cib_resource *resource)
{
	GHashTableIter iter;
	gpointer name, value;

	g_hash_table_iter_init(&iter, resource->by_rule);
	while (g_hash_table_iter_next(&iter, &name, &value)) {
		const GPtrArray *list = value;

		if (!g_hash_table_contains(resource->parameters, name))
			g_hash_table_insert(resource->parameters, g_strdup(name),
				g_strdup(g_ptr_array_index(list, 0)));
	}
}

cib *cib_parse(const char *text, gsize length, GError **error)
{
	static const struct cib_visitor visitor = {.begin = begin_element, .end = end_element};
	g_autoptr(cib) self = cib_new();
	struct reader reader = {.result = self};
	GError *local_error = NULL;
	g_autoptr(cib_tree) tree =
		length <= CIB_MAX_BYTES ? cib_tree_parse(text, length, &local_error) : NULL;
	bool walked = tree != NULL && cib_tree_walk(tree, &visitor, &reader, &local_error);

	reader_clear(&reader);
	if (!walked || !reader.is_cib) {
		g_autofree char *why = g_utf8_make_valid(
			local_error != NULL ? local_error->message : "it has no <cib> element", -1);

		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"this is not a cluster configuration: %s", why);
		g_clear_error(&local_error);
		return NULL;
	}
	for (guint i = 0; i < self->resources->len; i++) {
		apply_sources(self, g_ptr_array_index(self->resources, i));
		apply_rules(g_ptr_array_index(self->resources, i));
	}
	return g_steal_pointer(&self);
}
