/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/cib_tree.h"

#include "base/error.h"

/* Limit for nested rules and similar; a configuration is about ten levels deep. */
#define DEPTH_MAX 64
#define ELEMENTS_MAX (4 * 1024 * 1024)

struct element {
	char *name;
	char **names, **values;
	GPtrArray *children; /* of struct element */
};

struct cib_tree {
	struct element *root;
	GHashTable *by_id; /* of struct element, borrowed; "NAME ID" */
	GPtrArray *open;   /* only while parsing; borrowed */
};

struct walk {
	const cib_tree *tree;
	const struct cib_visitor *visitor;
	gpointer data;
	guint depth;
	guint elements;
};

static void element_free(struct element *self)
{
	g_free(self->name);
	g_strfreev(self->names);
	g_strfreev(self->values);
	g_ptr_array_unref(self->children);
	g_free(self);
}

static const char *value_of(const struct element *self, const char *name)
{
	for (gsize i = 0; self->names[i] != NULL; i++) {
		if (g_str_equal(self->names[i], name))
			return self->values[i];
	}
	return NULL;
}

static char *key_of(const char *element, const char *id)
{
	return g_strjoin(" ", element, id, NULL);
}

static void remember(cib_tree *self, struct element *element)
{
	const char *id = value_of(element, "id");
	char *key = id != NULL ? key_of(element->name, id) : NULL;

	if (key != NULL && !g_hash_table_contains(self->by_id, key))
		g_hash_table_insert(self->by_id, key, element);
	else
		g_free(key);
}

static void begin_element(GMarkupParseContext *context G_GNUC_UNUSED, const char *name,
	const char **names, const char **values, gpointer data, GError **error)
{
	cib_tree *self = data;
	struct element *element;

	if (self->open->len >= DEPTH_MAX) {
		g_set_error(error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT,
			"elements are nested too deeply");
		return;
	}
	/* GMarkup accepts a second root element after the first. */
	if (self->open->len == 0 && self->root != NULL) {
		g_set_error(error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT,
			"it has more than one root element");
		return;
	}
	element = g_new0(struct element, 1);
	element->name = g_strdup(name);
	element->names = g_strdupv((char **)names);
	element->values = g_strdupv((char **)values);
	element->children = g_ptr_array_new_with_free_func((GDestroyNotify)element_free);
	if (self->open->len > 0) {
		struct element *parent = g_ptr_array_index(self->open, self->open->len - 1);

		g_ptr_array_add(parent->children, element);
	} else {
		self->root = element;
	}
	remember(self, element);
	g_ptr_array_add(self->open, element);
}

static void end_element(GMarkupParseContext *context G_GNUC_UNUSED, const char *name G_GNUC_UNUSED,
	gpointer data, GError **error G_GNUC_UNUSED)
{
	cib_tree *self = data;

	g_ptr_array_set_size(self->open, (gint)self->open->len - 1);
}

cib_tree *cib_tree_parse(const char *text, gsize length, GError **error)
{
	static const GMarkupParser parser = {
		.start_element = begin_element,
		.end_element = end_element,
	};
	g_autoptr(cib_tree) self = g_new0(cib_tree, 1);
	g_autoptr(GMarkupParseContext) context =
		g_markup_parse_context_new(&parser, G_MARKUP_DEFAULT_FLAGS, self, NULL);

	self->by_id = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	self->open = g_ptr_array_new();
	if (!g_markup_parse_context_parse(context, text, (gssize)length, error) ||
		!g_markup_parse_context_end_parse(context, error))
		return NULL;
	if (self->root != NULL)
		return g_steal_pointer(&self);
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "it has no <cib> element");
	return NULL;
}

void cib_tree_free(cib_tree *self)
{
	if (self == NULL)
		return;
	g_clear_pointer(&self->root, element_free);
	g_clear_pointer(&self->by_id, g_hash_table_unref);
	g_clear_pointer(&self->open, g_ptr_array_unref);
	g_free(self);
}

/* The element that this one refers to; itself if it refers to nothing, or to an unknown element. */
static const struct element *meant_by(const cib_tree *self, const struct element *element)
{
	const char *reference = value_of(element, "id-ref");
	g_autofree char *key = reference != NULL ? key_of(element->name, reference) : NULL;
	const struct element *found = key != NULL ? g_hash_table_lookup(self->by_id, key) : NULL;

	return found != NULL ? found : element;
}

/* An element's own attributes take precedence over those of the element that it refers to: nvpair
 * id-ref="X" name="Y". */
static void add_attributes(
	GPtrArray *names, GPtrArray *values, const struct element *from, const struct element *but)
{
	for (gsize i = 0; from->names[i] != NULL; i++) {
		if (but != NULL && value_of(but, from->names[i]) != NULL)
			continue;
		g_ptr_array_add(names, from->names[i]);
		g_ptr_array_add(values, from->values[i]);
	}
}

static bool is_said_first(const struct element *element)
{
	static const char *const first[] = {"meta_attributes", "tags", "rule", NULL};

	return g_strv_contains(first, element->name);
}

gint64 cib_score(const char *text)
{
	if (text == NULL)
		return 0;
	if (g_str_has_suffix(text, "INFINITY"))
		return text[0] == '-' ? -CIB_INFINITY : CIB_INFINITY;
	return CLAMP(g_ascii_strtoll(text, NULL, 10), -CIB_INFINITY, CIB_INFINITY);
}

/* If there are several sets, the one with the highest score counts; for cluster properties, this
 * set comes before all others (Pacemaker lib/pengine/utils.c, pe_unpack_nvpairs). */
static gint64 rank_of(const struct element *set)
{
	if (g_strcmp0(value_of(set, "id"), "cib-bootstrap-options") == 0)
		return CIB_INFINITY + 1;
	return cib_score(value_of(set, "score"));
}

static gint compare_sets(gconstpointer one, gconstpointer other, gpointer tree)
{
	gint64 rank = rank_of(meant_by(tree, *(const struct element *const *)one));
	gint64 other_rank = rank_of(meant_by(tree, *(const struct element *const *)other));

	return (other_rank > rank) - (other_rank < rank);
}

static bool is_set(const struct element *element)
{
	static const char *const sets[] = {
		"instance_attributes", "meta_attributes", "cluster_property_set", NULL};

	return g_strv_contains(sets, element->name);
}

/* The attribute sets in the order of their scores, followed by all other children in document
 * order. The caller unrefs the result. */
static GPtrArray *children_of(const cib_tree *self, const struct element *element)
{
	GPtrArray *sets = g_ptr_array_new();
	GPtrArray *others = g_ptr_array_new();

	for (guint i = 0; i < element->children->len; i++) {
		struct element *child = g_ptr_array_index(element->children, i);

		g_ptr_array_add(is_set(child) ? sets : others, child);
	}
	g_ptr_array_sort_with_data(sets, compare_sets, (gpointer)self);
	g_ptr_array_extend_and_steal(sets, others);
	return sets;
}

static bool visit(struct walk *self, const struct element *element, const GSList *parents);

static bool visit_children(
	struct walk *self, const struct element *element, const GSList *parents, bool first)
{
	g_autoptr(GPtrArray) children = children_of(self->tree, element);

	for (guint i = 0; i < children->len; i++) {
		const struct element *child = g_ptr_array_index(children, i);

		if (is_said_first(child) == first && !visit(self, child, parents))
			return false;
	}
	return true;
}

static bool visit(struct walk *self, const struct element *element, const GSList *parents)
{
	const struct element *meant = meant_by(self->tree, element);
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autoptr(GPtrArray) values = g_ptr_array_new();
	GSList here = {.data = element->name, .next = (GSList *)parents};
	bool good;

	if (++self->elements > ELEMENTS_MAX || self->depth >= DEPTH_MAX)
		return false;
	add_attributes(names, values, element, NULL);
	if (meant != element)
		add_attributes(names, values, meant, element);
	g_ptr_array_add(names, NULL);
	g_ptr_array_add(values, NULL);
	self->visitor->begin(element->name, (const char **)names->pdata,
		(const char **)values->pdata, parents, self->data);
	self->depth++;
	good = visit_children(self, meant, &here, true) &&
	       visit_children(self, meant, &here, false);
	self->depth--;
	self->visitor->end(element->name, self->data);
	return good;
}

bool cib_tree_walk(
	const cib_tree *self, const struct cib_visitor *visitor, gpointer data, GError **error)
{
	struct walk walk = {.tree = self, .visitor = visitor, .data = data};

	if (visit(&walk, self->root, NULL))
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "its references form a circle");
	return false;
}
