/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CLUSTER_CIB_TREE_H
#define LOCKFERRY_CLUSTER_CIB_TREE_H

/*
 * Reads the elements of a configuration, with its references (id-ref) resolved, in an order that
 * can be processed in one pass: the attributes of a whole (meta_attributes, tags) come before its
 * parts; of several sets of attributes, the one that counts comes first. Pure. Source: Pacemaker's
 * lib/common/xml_idref.c (an element with id-ref stands for the one of that name and id).
 *
 * Order of calls: cib_tree_parse() -> cib_tree_walk() -> cib_tree_free().
 */

#include <glib.h>
#include <stdbool.h>

/* pcmk__parse_score() treats a million and more as infinity. */
#define CIB_INFINITY 1000000

typedef struct cib_tree cib_tree;

/* A score as Pacemaker reads it; NULL is 0. */
gint64 cib_score(const char *text);

/* NULL with `error` (failed): not XML, or nested too deeply. */
cib_tree *cib_tree_parse(const char *text, gsize length, GError **error);
void cib_tree_free(cib_tree *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cib_tree, cib_tree_free)

struct cib_visitor {
	/* `parents` are the names of the elements around it, innermost first. */
	void (*begin)(const char *element, const char **names, const char **values,
		const GSList *parents, gpointer data);
	void (*end)(const char *element, gpointer data);
};

/* False with `error` (failed) if following the references visits more elements than a configuration
 * can have. */
bool cib_tree_walk(
	const cib_tree *self, const struct cib_visitor *visitor, gpointer data, GError **error);

#endif
