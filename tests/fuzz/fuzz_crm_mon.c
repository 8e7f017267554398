/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/crm_mon.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_resource(const crm_mon *cluster, const crm_mon_resource *resource)
{
	const crm_mon_resource *first = crm_mon_find(cluster, resource->id);

	g_assert_true(resource->role && resource->target_role && resource->pending);
	g_assert_cmpstr(first->id, ==, resource->id);
	for (guint i = 0; i < resource->nodes->len; i++) {
		const char *node = g_ptr_array_index(resource->nodes, i);

		if (crm_mon_runs(cluster, resource->id, node))
			g_assert_true(first->active);
		crm_mon_attribute(cluster, node, "nfslock-files");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t nothing[1];
	g_autoptr(GError) error = NULL;
	/* libFuzzer gives NULL for an empty input. */
	g_autoptr(crm_mon) cluster =
		crm_mon_parse((const char *)(data ? data : nothing), size, &error);

	g_assert_true((cluster == NULL) == (error != NULL));
	if (cluster == NULL)
		return 0;
	for (guint i = 0; i < cluster->nodes->len; i++)
		g_assert_nonnull(((crm_mon_node *)g_ptr_array_index(cluster->nodes, i))->name);
	for (guint i = 0; i < cluster->resources->len; i++)
		assert_resource(cluster, g_ptr_array_index(cluster->resources, i));
	for (guint i = 0; i < cluster->failures->len; i++)
		g_assert_nonnull(
			((crm_mon_failure *)g_ptr_array_index(cluster->failures, i))->action);
	return 0;
}
