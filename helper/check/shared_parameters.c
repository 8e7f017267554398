/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

#include "base/path.h"
#include "cluster/resources.h"

/* What a service group must have for itself. */
struct claim {
	const char *group;
	const char *store; /* NULL: not known */
	char **addresses;  /* borrowed */
};

static bool have_same_address(const struct claim *one, const struct claim *other)
{
	for (gsize i = 0; one->addresses[i] != NULL; i++) {
		for (gsize j = 0; other->addresses[j] != NULL; j++) {
			if (same_address(one->addresses[i], other->addresses[j]))
				return true;
		}
	}
	return false;
}

/* The parameter that both have but must not; NULL: none. */
static const char *shared(const struct claim *one, const struct claim *other)
{
	if (g_str_equal(one->group, other->group))
		return "group";
	if (one->store != NULL && other->store != NULL && path_is_same(one->store, other->store))
		return "store";
	return have_same_address(one, other) ? "ip" : NULL;
}

/* Whether the store of one group is inside the store of the other. */
static bool is_inside(const struct claim *one, const struct claim *other)
{
	return one->store != NULL && other->store != NULL && path_is_in(one->store, other->store);
}

static void compare_resources(const cib_resource *one, const cib_resource *other,
	const struct claim *of_one, const struct claim *of_other, struct findings *findings)
{
	const char *what = shared(of_one, of_other);
	const char *inner = NULL, *outer = NULL;
	g_autofree char *cure = g_strdup_printf(
		"pcs resource update %s %s=... with a value of its own; or, if both are for the same group: pcs resource delete %s",
		other->id, what, other->id);
	g_autofree char *store_cure = NULL;

	if (what != NULL) {
		finding_add(findings, FINDING_WRONG, cure,
			"resources '%s' and '%s' (nfslock) have the same '%s'", one->id, other->id,
			what);
		return;
	}
	if (is_inside(of_one, of_other)) {
		inner = one->id;
		outer = other->id;
	} else if (is_inside(of_other, of_one)) {
		inner = other->id;
		outer = one->id;
	} else {
		return;
	}
	store_cure = g_strdup_printf(
		"stop the resource '%s', move its store to a directory of its own, then: pcs resource update %s store=...",
		inner, inner);
	finding_add(findings, FINDING_WRONG, store_cure,
		"the store of resource '%s' (nfslock) is inside the store of resource '%s'", inner,
		outer);
}

/* The parameters that were given for a group without a resource. */
static void compare_given(const struct check *self, const cib_resource *other,
	const struct claim *of_other, struct findings *findings)
{
	const struct claim given = {
		.group = self->group,
		.store = self->store,
		.addresses = (char **)self->addresses,
	};
	const char *what = shared(&given, of_other);
	const char *cure = "give each group values of its own";

	if (what != NULL)
		finding_add(findings, FINDING_WRONG, cure,
			"the given '%s' is the one of resource '%s' (nfslock)", what, other->id);
	else if (is_inside(&given, of_other) || is_inside(of_other, &given))
		finding_add(findings, FINDING_WRONG, cure,
			"of the given store and the store of resource '%s' (nfslock), one is inside the other",
			other->id);
}

/* Whether the given group has a resource. */
static bool has_resource(const struct check *self)
{
	for (guint i = 0; i < self->cluster->resources->len; i++) {
		const cib_resource *locks = g_ptr_array_index(self->cluster->resources, i);

		if (resource_is_locks(locks) && g_str_equal(resource_group(locks), self->group))
			return true;
	}
	return false;
}

/* Compares with those before it, so that each pair is reported once. */
static void compare_with_earlier(
	const struct check *self, guint place, const struct claim *claim, struct findings *findings)
{
	const cib_resource *locks = g_ptr_array_index(self->cluster->resources, place);

	for (guint i = 0; i < place; i++) {
		const cib_resource *other = g_ptr_array_index(self->cluster->resources, i);
		g_auto(GStrv) addresses = NULL;

		if (!resource_is_locks(other) ||
			!(check_concerns(self, locks) || check_concerns(self, other)))
			continue;
		addresses = resource_list(other, "ip");
		compare_resources(other, locks,
			&(struct claim){
				resource_group(other), cib_parameter(other, "store"), addresses},
			claim, findings);
	}
}

void check_shared_parameters(const struct check *self, struct findings *findings)
{
	bool is_new;

	if (self->cluster == NULL)
		return;
	is_new = self->group != NULL && !has_resource(self);
	for (guint i = 0; i < self->cluster->resources->len; i++) {
		const cib_resource *locks = g_ptr_array_index(self->cluster->resources, i);
		g_auto(GStrv) addresses = NULL;
		struct claim claim;

		if (!resource_is_locks(locks))
			continue;
		addresses = resource_list(locks, "ip");
		claim = (struct claim){
			resource_group(locks), cib_parameter(locks, "store"), addresses};
		if (is_new)
			compare_given(self, locks, &claim, findings);
		else
			compare_with_earlier(self, i, &claim, findings);
	}
}
