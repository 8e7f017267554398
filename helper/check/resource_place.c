/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

#include "cluster/cib_relations.h"
#include "cluster/resources.h"

/* Two resources, and the order and place that they must have. */
struct pair {
	const cib *cluster;
	const cib_resource *first;
	const cib_resource *then;
	const cib_resource *moves; /* the one to move if the order is wrong */
	const char *why;           /* why the order matters */
};

/* Its name in constraints. */
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
	return g_strdup_printf(
		"remove the constraint that says so (pcs constraint order), then: pcs constraint order %s then %s",
		constraint_name(self->first), constraint_name(self->then));
}

/* A Pacemaker group whose settings disable its order or colocation. */
static bool is_loose(const struct pair *self, const char *meta)
{
	return is_in_one_group(self) && !cib_group_has(self->cluster, self->then->group, meta);
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
	if (is_loose(self, "ordered")) {
		cure = g_strdup_printf("pcs resource meta %s ordered=true", self->then->group);
		finding_add(findings, FINDING_WRONG, cure,
			"group '%s' has ordered=false, so that resource '%s' may start before '%s': %s",
			self->then->group, self->then->id, self->first->id, self->why);
		return false;
	}
	cure = g_strdup_printf("pcs constraint order %s then %s", constraint_name(self->first),
		constraint_name(self->then));
	finding_add(findings, FINDING_WARNING, cure,
		"nothing makes resource '%s' (%s) start after '%s' (%s) and stop before it: %s",
		self->then->id, self->then->agent, self->first->id, self->first->agent, self->why);
	return false;
}

/* A clone runs on every node, so nothing needs to be placed with it. */
static bool check_together(const struct pair *self, struct findings *findings)
{
	g_autofree char *cure = NULL;

	if (self->first->clone != NULL || cib_is_together(self->cluster, self->first, self->then))
		return true;
	if (is_loose(self, "collocated")) {
		cure = g_strdup_printf("pcs resource meta %s collocated=true", self->then->group);
		finding_add(findings, FINDING_WRONG, cure,
			"group '%s' has collocated=false, so that resource '%s' may run on another node than '%s'",
			self->then->group, self->then->id, self->first->id);
		return false;
	}
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

/* Checks the place of a resource that brings the address. Returns whether it is right. */
static bool address_is_placed(const cib *cluster, const cib_resource *locks, const char *address)
{
	for (guint i = 0; i < cluster->resources->len; i++) {
		const cib_resource *other = g_ptr_array_index(cluster->resources, i);

		if (resource_is_address(other, address) && cib_is_before(cluster, locks, other) &&
			cib_is_together(cluster, locks, other))
			return true;
	}
	return false;
}

static bool check_mover(const cib *cluster, const cib_resource *locks, const cib_resource *mover,
	bool placed, const char *address, struct findings *findings)
{
	struct pair pair = {cluster, locks, mover, mover,
		"clients would come before the group is taken over, and its last records would not be final when it is released"};

	/* This resource may be left from an earlier setup and disabled, but it may also be in
	 * use. */
	if (placed && !cib_is_before(cluster, locks, mover) &&
		!cib_is_before(cluster, mover, locks)) {
		finding_add(findings, FINDING_NOTE,
			"remove it, unless it never runs at the same time as the group",
			"resource '%s' (%s) has the address '%s' of '%s' as well", mover->id,
			mover->agent, address, locks->id);
		return true;
	}
	return check_pair(&pair, findings);
}

static bool check_address(const cib *cluster, const cib_resource *locks, const char *address,
	struct findings *findings)
{
	bool placed = address_is_placed(cluster, locks, address);
	bool found = false, good = true;

	for (guint i = 0; i < cluster->resources->len; i++) {
		const cib_resource *other = g_ptr_array_index(cluster->resources, i);

		if (!resource_is_address(other, address))
			continue;
		found = true;
		good = check_mover(cluster, locks, other, placed, address, findings) && good;
	}
	if (!found)
		finding_add(findings, FINDING_WARNING,
			"correct the parameter 'ip' of nfslock, or add an IPaddr2 with that address right after it",
			"no known resource has the address '%s' of '%s'", address, locks->id);
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
	if (resource_is_filesystem(resource) || resource_is_storage(resource))
		return "nfslock needs its store and the exported directories";
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

/* Whether an address of `mover` is in the parameter 'ip' of any nfslock. */
static bool is_told_of(const cib *cluster, const cib_resource *mover)
{
	for (guint i = 0; i < cluster->resources->len; i++) {
		const cib_resource *locks = g_ptr_array_index(cluster->resources, i);
		g_auto(GStrv) list = resource_list(locks, "ip");

		for (gsize j = 0; resource_is_locks(locks) && list[j] != NULL; j++) {
			if (resource_is_address(mover, list[j]))
				return true;
		}
	}
	return false;
}

/* Whether `mover` always runs on the node of `locks`, by its group or by constraints. */
static bool goes_with(const cib *cluster, const cib_resource *mover, const cib_resource *locks)
{
	return resource_in_group_of(mover, locks) || cib_is_together(cluster, mover, locks);
}

/* A recovery does not wait for these addresses. */
static void check_untold_addresses(
	const cib *cluster, const cib_resource *locks, struct findings *findings)
{
	for (guint i = 0; i < cluster->resources->len; i++) {
		const cib_resource *other = g_ptr_array_index(cluster->resources, i);
		g_autofree char *cure = NULL;

		if (!resource_is_mover(other) || !goes_with(cluster, other, locks) ||
			is_told_of(cluster, other))
			continue;
		cure = g_strdup_printf(
			"add its address to the parameter 'ip' of '%s', if clients mount by it",
			locks->id);
		finding_add(findings, FINDING_WARNING, cure,
			"resource '%s' (%s) brings an address that is not in the parameter 'ip' of '%s': clients that mount by it are never notified",
			other->id, other->agent, locks->id);
	}
}

static void check_bound_exports(
	const cib *cluster, const cib_resource *locks, struct findings *findings)
{
	for (guint i = 0; i < cluster->resources->len; i++) {
		const cib_resource *other = g_ptr_array_index(cluster->resources, i);

		if (resource_exports_bound(cluster, other, locks))
			finding_add(findings, FINDING_WARNING,
				"put the bind mount and its export into the group, before nfslock",
				"resource '%s' (%s) exports a directory on the filesystem of '%s' by a bind mount, but is not in its group: its stop drops locks that nfslock has not noted",
				other->id, other->agent, locks->id);
	}
}

/* Reports what could not be checked. */
static void check_unknown(const cib *cluster, const cib_resource *locks, struct findings *findings)
{
	bool storage = false, server = false;

	for (guint i = 0; i < cluster->resources->len; i++) {
		const cib_resource *other = g_ptr_array_index(cluster->resources, i);

		storage = storage || resource_holds_store(other, locks);
		server = server || resource_serves(cluster, other, locks) ||
			 (resource_is_server(other) && resource_is_below(cluster, other, locks));
		if (resource_is_unknown(other) && resource_in_group_of(other, locks))
			finding_add(findings, FINDING_NOTE,
				"put storage, exports and NFS servers before nfslock, and resources that bring an address after it",
				"resource '%s' (%s) is of an unknown kind: its place in the group was not checked",
				other->id, other->agent);
	}
	if (!storage && cib_parameter(locks, "store") != NULL)
		finding_add(findings, FINDING_NOTE,
			"make sure that the resource that mounts it starts before nfslock, on the same node",
			"no known resource mounts the filesystem of the store '%s' of '%s': its place was not checked",
			cib_parameter(locks, "store"), locks->id);
	if (!server)
		finding_add(findings, FINDING_NOTE,
			"make sure that the NFS server starts before nfslock, on the same node",
			"no known resource is the NFS server of '%s': its place was not checked",
			locks->id);
}

static void check_rules(const cib *cluster, const cib_resource *locks, struct findings *findings)
{
	for (guint i = 0; i < cluster->resources->len; i++) {
		const cib_resource *other = g_ptr_array_index(cluster->resources, i);

		if (g_hash_table_size(other->by_rule) > 0 &&
			(other == locks || resource_in_group_of(other, locks)))
			finding_add(findings, FINDING_NOTE,
				"look at 'crm_resource --get-parameter' on each node",
				"rules set parameters of resource '%s' (%s): it was not checked which of them apply",
				other->id, other->agent);
	}
}

/* Without exports, the lock set covers the store's filesystem only. */
static void check_one_filesystem(
	const cib *cluster, const cib_resource *locks, struct findings *findings)
{
	g_autofree char *cure = g_strdup_printf(
		"pcs resource update %s exports=... with all exported directories", locks->id);
	guint filesystems = 0;

	for (guint i = 0; i < cluster->resources->len; i++) {
		const cib_resource *other = g_ptr_array_index(cluster->resources, i);

		if (resource_is_filesystem(other) && !resource_is_bind(other) &&
			resource_in_group_of(other, locks))
			filesystems++;
	}
	if (filesystems > 1 && cib_parameter(locks, "exports") == NULL)
		finding_add(findings, FINDING_WARNING, cure,
			"the group of '%s' has %u filesystems, but no parameter 'exports': locks on the other filesystems cannot be found",
			locks->id, filesystems);
}

static bool check_single(const cib_resource *locks, struct findings *findings)
{
	g_autofree char *cure = NULL;

	if (locks->clone == NULL)
		return true;
	cure = g_strdup_printf("pcs resource unclone %s", locks->clone);
	finding_add(findings, FINDING_WRONG, cure,
		"resource '%s' (%s) is in '%s', which runs on several nodes: a group must be served on one",
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
		check_untold_addresses(self->cluster, locks, findings);
		check_bound_exports(self->cluster, locks, findings);
		check_one_filesystem(self->cluster, locks, findings);
		check_rules(self->cluster, locks, findings);
		check_unknown(self->cluster, locks, findings);
		if (good)
			finding_add(findings, FINDING_OK, "",
				"resource '%s' is in its place: after its filesystem, exports and server, before its addresses",
				locks->id);
	}
}
