/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

#include "cluster/resources.h"

/* Two resources, and what is to be true of them. */
struct pair {
	const cib *cluster;
	const cib_resource *first;
	const cib_resource *then;
	const cib_resource *moves; /* the one of them to move where the order is wrong */
	const char *why;           /* it matters */
};

/* As constraints call it. */
static const char *constraint_name(const cib_resource *resource)
{
	return resource->clone != NULL ? resource->clone : resource->id;
}

static bool is_in_one_group(const struct pair *self)
{
	return self->first->group != NULL && g_strcmp0(self->first->group, self->then->group) == 0;
}

static char *cure_for_wrong_order(const struct pair *self)
{
	const cib_resource *stays = self->moves == self->first ? self->then : self->first;

	if (is_in_one_group(self))
		return g_strdup_printf("pcs resource group add %s %s --%s %s", self->moves->group,
			self->moves->id, self->moves == self->first ? "before" : "after",
			stays->id);
	return g_strdup_printf("remove the constraint that says so (pcs constraint order), then: "
			       "pcs constraint order %s then %s",
		constraint_name(self->first), constraint_name(self->then));
}

static bool check_order(const struct pair *self, struct findings *findings)
{
	g_autofree char *cure = NULL;

	if (cib_is_before(self->cluster, self->then, self->first)) {
		cure = cure_for_wrong_order(self);
		finding_add(findings, FINDING_WRONG, cure,
			"resource '%s' (%s) starts before '%s' (%s): %s", self->then->id,
			self->then->agent, self->first->id, self->first->agent, self->why);
		return false;
	}
	if (cib_is_before(self->cluster, self->first, self->then))
		return true;
	cure = g_strdup_printf("pcs constraint order %s then %s", constraint_name(self->first),
		constraint_name(self->then));
	finding_add(findings, FINDING_WARNING, cure,
		"nothing makes resource '%s' (%s) start after '%s' (%s) and stop before it: %s",
		self->then->id, self->then->agent, self->first->id, self->first->agent, self->why);
	return false;
}

/* A clone is on every node: to be with it says nothing. */
static bool check_together(const struct pair *self, struct findings *findings)
{
	g_autofree char *cure = NULL;

	if (self->first->clone != NULL || cib_is_together(self->cluster, self->first, self->then))
		return true;
	cure = g_strdup_printf(
		"pcs constraint colocation add %s with %s", self->then->id, self->first->id);
	finding_add(findings, FINDING_WARNING, cure,
		"nothing keeps resource '%s' (%s) on the node of '%s' (%s)", self->then->id,
		self->then->agent, self->first->id, self->first->agent);
	return false;
}

static bool check_pair(const struct pair *self, struct findings *findings)
{
	bool ordered = check_order(self, findings);

	return check_together(self, findings) && ordered;
}

static bool check_address(const cib *cluster, const cib_resource *locks, const char *address,
	struct findings *findings)
{
	bool found = false, good = true;

	for (guint i = 0; i < cluster->resources->len; i++) {
		const cib_resource *other = g_ptr_array_index(cluster->resources, i);
		struct pair pair = {cluster, locks, other, other,
			"clients come before the group is taken over, and its last records are not "
			"final when it is given up"};

		if (!resource_is_address(other, address))
			continue;
		found = true;
		good = check_pair(&pair, findings) && good;
	}
	if (!found)
		finding_add(findings, FINDING_WARNING,
			"correct the parameter 'ip' of nfslock, or add an IPaddr2 with that "
			"address right after it",
			"no IPaddr2 resource has the address '%s' of '%s'", address, locks->id);
	return found && good;
}

static bool check_addresses(
	const cib *cluster, const cib_resource *locks, struct findings *findings)
{
	g_auto(GStrv) list = resource_list(locks, "ip");
	bool good = true;

	for (gsize i = 0; list[i] != NULL; i++)
		good = check_address(cluster, locks, list[i], findings) && good;
	return good;
}

static const char *why_below(const cib_resource *resource)
{
	if (resource_is_filesystem(resource))
		return "nfslock needs its store";
	if (resource_is_export(resource))
		return "its stop drops the locks before nfslock has noted them";
	return "the grace period begins with the server, and its stop drops the locks";
}

static bool check_below(const cib *cluster, const cib_resource *locks, struct findings *findings)
{
	bool good = true;

	for (guint i = 0; i < cluster->resources->len; i++) {
		const cib_resource *other = g_ptr_array_index(cluster->resources, i);
		struct pair pair = {cluster, other, locks, other, why_below(other)};

		if (resource_is_below(cluster, other, locks))
			good = check_pair(&pair, findings) && good;
	}
	return good;
}

static bool check_single(const cib_resource *locks, struct findings *findings)
{
	g_autofree char *cure = NULL;

	if (locks->clone == NULL)
		return true;
	cure = g_strdup_printf("pcs resource unclone %s", locks->clone);
	finding_add(findings, FINDING_WRONG, cure,
		"resource '%s' (%s) is in '%s', which runs on several nodes: a group is served on "
		"one",
		locks->id, locks->agent, locks->clone);
	return false;
}

bool check_concerns(const struct check *self, const cib_resource *locks)
{
	return self->group == NULL || g_str_equal(resource_group(locks), self->group);
}

void check_resource_place(const struct check *self, struct findings *findings)
{
	for (guint i = 0; self->cluster != NULL && i < self->cluster->resources->len; i++) {
		const cib_resource *locks = g_ptr_array_index(self->cluster->resources, i);
		bool good;

		if (!resource_is_locks(locks) || !check_concerns(self, locks))
			continue;
		good = check_single(locks, findings);
		good = check_below(self->cluster, locks, findings) && good;
		good = check_addresses(self->cluster, locks, findings) && good;
		if (good)
			finding_add(findings, FINDING_OK, "",
				"resource '%s' is in its place: after its filesystem, exports and "
				"server, before its addresses",
				locks->id);
	}
}
