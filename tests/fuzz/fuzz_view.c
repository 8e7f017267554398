/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/view.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_resource(const cluster_view *view, const view_resource *resource)
{
	const view_resource *first = cluster_view_find(view, resource->id);

	g_assert_true(resource->role && resource->target_role && resource->pending);
	g_assert_cmpstr(first->id, ==, resource->id);
	for (guint i = 0; i < resource->nodes->len; i++) {
		const char *node = g_ptr_array_index(resource->nodes, i);

		if (cluster_view_runs(view, resource->id, node))
			g_assert_true(first->active);
		cluster_view_attribute(view, node, "nfslock-files");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t nothing[1];
	g_autoptr(GError) error = NULL;
	/* libFuzzer gives NULL for an empty input. */
	g_autoptr(cluster_view) view =
		cluster_view_parse((const char *)(data ? data : nothing), size, &error);

	g_assert_true((view == NULL) == (error != NULL));
	if (view == NULL)
		return 0;
	for (guint i = 0; i < view->nodes->len; i++)
		g_assert_nonnull(((view_node *)g_ptr_array_index(view->nodes, i))->name);
	for (guint i = 0; i < view->resources->len; i++)
		assert_resource(view, g_ptr_array_index(view->resources, i));
	for (guint i = 0; i < view->failures->len; i++)
		g_assert_nonnull(((view_failure *)g_ptr_array_index(view->failures, i))->action);
	return 0;
}
