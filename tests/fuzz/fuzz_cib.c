/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/cib_reader.h"
#include "cluster/cib_relations.h"
#include "cluster/resources.h"

#include <stdint.h>

/* The number of resources that are compared with each other: more of them take long, and find no
 * more. */
#define RESOURCES_MAX 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_resource(const cib_resource *resource)
{
	g_auto(GStrv) list = resource_list(resource, "ip");

	g_assert_nonnull(resource->id);
	g_assert_nonnull(resource->agent);
	g_assert_nonnull(resource_group(resource));
	g_assert_true(cib_parameter(resource, "ip") != NULL || list[0] == NULL);
}

static void assert_three(const cib *cluster, const cib_resource *one, const cib_resource *other,
	const cib_resource *third)
{
	resource_is_below(cluster, one, other);
	g_assert_cmpint(
		cib_is_together(cluster, one, other), ==, cib_is_together(cluster, other, one));
	if (cib_is_before(cluster, one, other) && cib_is_before(cluster, other, third))
		g_assert_true(cib_is_before(cluster, one, third));
}

static void assert_resources(const cib *cluster, const GPtrArray *list)
{
	guint count = MIN(list->len, RESOURCES_MAX);

	for (guint i = 0; i < count * count * count; i++)
		assert_three(cluster, g_ptr_array_index(list, i % count),
			g_ptr_array_index(list, i / count % count),
			g_ptr_array_index(list, i / count / count));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t nothing[1];
	g_autoptr(GError) error = NULL;
	/* libFuzzer gives NULL for an empty input. */
	g_autoptr(cib) cluster = cib_parse((const char *)(data ? data : nothing), size, &error);

	g_assert_true((cluster == NULL) == (error != NULL));
	if (cluster == NULL) {
		g_assert_true(g_utf8_validate(error->message, -1, NULL));
		return 0;
	}
	for (guint i = 0; i < cluster->resources->len; i++)
		assert_resource(g_ptr_array_index(cluster->resources, i));
	assert_resources(cluster, cluster->resources);
	return 0;
}
