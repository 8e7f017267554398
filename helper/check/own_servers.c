/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

#include "base/path.h"
#include "cluster/cib_relations.h"
#include "cluster/resources.h"

#include <string.h>

#define GRACE_DEFAULT "90"
#define LEASE_DEFAULT "30"

static const char *parameter_or(const cib_resource *self, const char *name, const char *otherwise)
{
	const char *value = cib_parameter(self, name);

	return value != NULL ? value : otherwise;
}

/* The shared server */

/* Whether location constraints keep the two off each other's nodes: each node may have one of them
 * at most. */
static bool are_apart(const cib *cluster, const cib_resource *one, const cib_resource *other)
{
	for (guint i = 0; i < cluster->nodes->len; i++) {
		const char *node = g_ptr_array_index(cluster->nodes, i);

		if (!cib_is_banned(cluster, one, node) && !cib_is_banned(cluster, other, node))
			return false;
	}
	return cluster->nodes->len > 0;
}

/* A resource of the node's shared NFS server that may run on a node with `own`; NULL: none. */
static const cib_resource *find_shared(const cib *cluster, const cib_resource *own)
{
	for (guint i = 0; i < cluster->resources->len; i++) {
		const cib_resource *other = g_ptr_array_index(cluster->resources, i);

		if ((resource_is_locks(other) || resource_is_server(other) ||
			    resource_is_export(other)) &&
			!are_apart(cluster, own, other))
			return other;
	}
	return NULL;
}

/*
 * lockd is one thread for all namespaces: while a group's own server uses it, it does not go when
 * the shared server stops. So no grace period begins for a shared group that arrives, and the locks
 * of one that leaves stay.
 */
static void check_mix(const cib *cluster, const cib_resource *own, struct findings *findings)
{
	const cib_resource *shared = find_shared(cluster, own);
	g_autofree char *cure = NULL;

	if (shared == NULL)
		return;
	cure = g_strdup_printf(
		"have all groups of these nodes served in one way: replace the resources of the shared server by nfsgroup ones, or '%s' by nfslock and the like; or keep them on different nodes with location constraints (pcs constraint location %s avoids NODE)",
		own->id, own->group != NULL ? own->group : own->id);
	finding_add(findings, FINDING_WRONG, cure,
		"resource '%s' (nfsgroup) has an NFS server of its own, and '%s' (%s) is for the server that groups share: on one node, the one is refused beside the other",
		own->id, shared->id, shared->agent);
}

/* What two groups must not have in common */

/* As `lockferry server start` makes it where it is not set (keeper/option_check.c). */
static char *scope_of(const cib_resource *self)
{
	const char *scope = cib_parameter(self, "scope");
	g_auto(GStrv) addresses = resource_list(self, "address");
	char *made;

	if (scope != NULL || addresses[0] == NULL)
		return g_strdup(scope);
	addresses[0][strcspn(addresses[0], "/")] = '\0';
	made = g_strdup_printf("%s.%s", resource_group(self), addresses[0]);
	return g_strdelimit(made, ":", '-');
}

static bool have_same_address(const cib_resource *one, const cib_resource *other)
{
	g_auto(GStrv) list = resource_list(one, "address");
	g_auto(GStrv) other_list = resource_list(other, "address");

	for (gsize i = 0; list[i] != NULL; i++) {
		for (gsize j = 0; other_list[j] != NULL; j++) {
			if (same_address(list[i], other_list[j]))
				return true;
		}
	}
	return false;
}

/* The parameter that both have but must not; NULL: none. */
static const char *shared_parameter(const cib_resource *one, const cib_resource *other)
{
	g_autofree char *scope = scope_of(one);
	g_autofree char *other_scope = scope_of(other);
	const char *dir = cib_parameter(one, "directory");
	const char *other_dir = cib_parameter(other, "directory");

	if (g_str_equal(resource_group(one), resource_group(other)))
		return "group";
	if (dir != NULL && other_dir != NULL && path_is_same(dir, other_dir))
		return "directory";
	if (have_same_address(one, other))
		return "address";
	/* Clients would take the two servers for one. */
	if (scope != NULL && other_scope != NULL && g_ascii_strcasecmp(scope, other_scope) == 0)
		return "scope";
	return NULL;
}

/* Compares with those before it, so that each pair is reported once. */
static void check_pairs(
	const struct check *self, const cib_resource *own, guint place, struct findings *findings)
{
	for (guint i = 0; i < place; i++) {
		const cib_resource *other = g_ptr_array_index(self->cluster->resources, i);
		const char *what =
			resource_is_own_server(other) ? shared_parameter(own, other) : NULL;
		g_autofree char *cure = NULL;

		if (what == NULL || !(check_concerns(self, own) || check_concerns(self, other)))
			continue;
		cure = g_strdup_printf(
			"pcs resource update %s %s=... with a value of its own", own->id, what);
		finding_add(findings, FINDING_WRONG, cure,
			"resources '%s' and '%s' (nfsgroup) have the same '%s'", other->id, own->id,
			what);
	}
}

/* The resources around it */

/* A node that routes to the group must not have the address itself: then it keeps the packets. */
static void check_address(const cib *cluster, const cib_resource *own, struct findings *findings)
{
	g_auto(GStrv) addresses = resource_list(own, "address");
	bool routed = g_strcmp0(cib_parameter(own, "link"), "routed") == 0;

	for (guint i = 0; i < cluster->resources->len; i++) {
		const cib_resource *other = g_ptr_array_index(cluster->resources, i);
		g_autofree char *cure = g_strdup_printf("pcs resource delete %s", other->id);

		if (routed && resource_only_tells_network(other))
			continue;
		for (gsize j = 0; addresses[j] != NULL; j++) {
			if (resource_is_address(other, addresses[j]))
				finding_add(findings, FINDING_WRONG, cure,
					"resource '%s' (%s) has the address '%s' of '%s' (nfsgroup), which brings it by itself",
					other->id, other->agent, addresses[j], own->id);
		}
	}
}

static const cib_resource *find_filesystem(const cib *cluster, const char *directory)
{
	for (guint i = 0; i < cluster->resources->len; i++) {
		const cib_resource *other = g_ptr_array_index(cluster->resources, i);
		g_autofree char *mounted = resource_mount_dir(other);

		if (mounted != NULL && path_is_same(mounted, directory))
			return other;
	}
	return NULL;
}

static void check_filesystem(const cib *cluster, const cib_resource *own, struct findings *findings)
{
	const char *directory = cib_parameter(own, "directory");
	const cib_resource *disk = directory != NULL ? find_filesystem(cluster, directory) : NULL;
	g_autofree char *cure = NULL;

	if (disk == NULL) {
		finding_add(findings, FINDING_WARNING,
			"add an ocf:heartbeat:Filesystem resource for it before this one, in one group",
			"no resource mounts the directory '%s' of '%s' (nfsgroup)",
			directory != NULL ? directory : "", own->id);
		return;
	}
	if (cib_is_before(cluster, disk, own) && cib_is_together(cluster, disk, own))
		return;
	cure = g_strdup_printf("put both into one group, with '%s' before '%s'", disk->id, own->id);
	finding_add(findings, FINDING_WRONG, cure,
		"nothing makes resource '%s' (nfsgroup) start after '%s' (%s) on the same node",
		own->id, disk->id, disk->agent);
}

/* Grace */

static bool speaks_nfs4(const cib_resource *own)
{
	const char *versions = cib_parameter(own, "versions");

	return versions == NULL || strstr(versions, "4") != NULL;
}

static void check_grace_of(const cib_resource *own, struct findings *findings)
{
	const char *grace = parameter_or(own, "grace", GRACE_DEFAULT);
	const char *lease = parameter_or(own, "lease", LEASE_DEFAULT);
	guint64 grace_s = g_ascii_strtoull(grace, NULL, 10);
	g_autofree char *cure = g_strdup_printf("pcs resource update %s grace=auto", own->id);

	if (g_str_equal(grace, "auto"))
		return;
	if (speaks_nfs4(own) && grace_s < g_ascii_strtoull(lease, NULL, 10))
		finding_add(findings, FINDING_WARNING, cure,
			"resource '%s' (nfsgroup) has grace=%s, less than the lease of NFSv4 clients (%s s): one that is idle comes back too late, and loses its locks",
			own->id, grace, lease);
	else if (grace_s < KERNEL_GRACE_ENOUGH_S)
		finding_add(findings, FINDING_WARNING, cure,
			"resource '%s' (nfsgroup) has grace=%s: after a crash, a client whose kernel takes longer than that to come back loses its locks",
			own->id, grace);
}

static void check_record_timeout(const cib_resource *own, struct findings *findings)
{
	const char *timeout = cib_parameter(own, "record_timeout");
	g_autofree char *cure = g_strdup_printf("pcs resource update %s record_timeout=2", own->id);

	/* lockd waits for statd, and there is one lockd for all groups. */
	if (timeout != NULL && g_ascii_strtoull(timeout, NULL, 10) > 2)
		finding_add(findings, FINDING_NOTE, cure,
			"resource '%s' (nfsgroup) has record_timeout=%s: while its disk hangs, first locks of NFSv3 clients wait that long in every group of the node",
			own->id, timeout);
}

void check_own_servers(const struct check *self, struct findings *findings)
{
	for (guint i = 0; self->cluster != NULL && i < self->cluster->resources->len; i++) {
		const cib_resource *own = g_ptr_array_index(self->cluster->resources, i);

		if (!resource_is_own_server(own))
			continue;
		check_pairs(self, own, i, findings);
		if (!check_concerns(self, own))
			continue;
		check_mix(self->cluster, own, findings);
		check_address(self->cluster, own, findings);
		check_filesystem(self->cluster, own, findings);
		check_grace_of(own, findings);
		check_record_timeout(own, findings);
	}
}
