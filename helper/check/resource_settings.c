/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

#include "cluster/resources.h"

static bool is_on(const char *value)
{
	return value != NULL && cib_is_true(value);
}

/* Two nfslock resources that must not share what they share; NULL: nothing. */
static const char *shared(const cib_resource *one, const cib_resource *other)
{
	const char *store = cib_parameter(one, "store");
	const char *other_store = cib_parameter(other, "store");
	g_auto(GStrv) list = resource_list(one, "ip");
	g_auto(GStrv) other_list = resource_list(other, "ip");

	if (g_str_equal(resource_group(one), resource_group(other)))
		return "group";
	if (store != NULL && other_store != NULL && path_is_in(store, other_store) &&
		path_is_in(other_store, store))
		return "store";
	for (gsize i = 0; list[i] != NULL; i++) {
		for (gsize j = 0; other_list[j] != NULL; j++) {
			if (same_address(list[i], other_list[j]))
				return "ip";
		}
	}
	return NULL;
}

/* Those before it: so each pair is told once. */
static void check_shared(
	const struct check *self, const cib_resource *locks, guint place, struct findings *findings)
{
	for (guint i = 0; i < place; i++) {
		const cib_resource *other = g_ptr_array_index(self->cluster->resources, i);
		const char *what = resource_is_locks(other) ? shared(locks, other) : NULL;
		g_autofree char *cure = NULL;

		if (what == NULL || !(check_concerns(self, locks) || check_concerns(self, other)))
			continue;
		cure = g_strdup_printf("pcs resource update %s %s=... with one of its own; or, if "
				       "both are for the same group: pcs resource delete %s",
			locks->id, what, locks->id);
		finding_add(findings, FINDING_WRONG, cure,
			"resources '%s' and '%s' (nfslock) have the same '%s'", other->id,
			locks->id, what);
	}
}

static void check_fencing_of(
	const cib *cluster, const cib_resource *locks, struct findings *findings)
{
	bool fences = cluster->fencing == NULL || cib_is_true(cluster->fencing);
	const char *required = cib_parameter(locks, "require_fencing");
	bool by_cluster = required == NULL || g_str_equal(required, "auto");
	g_autofree char *cure =
		g_strdup_printf("pcs resource update %s require_fencing=auto", locks->id);

	if (by_cluster && !fences)
		finding_add(findings, FINDING_WARNING,
			"set up fencing, then: pcs property set stonith-enabled=true",
			"the cluster does not fence (stonith-enabled=%s): '%s' takes its group "
			"over from a node that may still be serving it, and both grant the same "
			"lock",
			cluster->fencing, locks->id);
	else if (!by_cluster && !cib_is_true(required))
		finding_add(findings, FINDING_WARNING, cure,
			"'%s' is told to take its group over from a node that was not fenced "
			"(require_fencing=%s), and may still be serving it",
			locks->id, required);
	else if (!by_cluster && !fences)
		finding_add(findings, FINDING_WARNING,
			"set up fencing, then: pcs property set stonith-enabled=true",
			"'%s' takes its group over only from a node that was fenced, but the "
			"cluster does not fence (stonith-enabled=%s): after a crash the group "
			"stays down",
			locks->id, cluster->fencing);
}

static void check_server(const cib_resource *server, struct findings *findings)
{
	g_autofree char *notify_cure =
		g_strdup_printf("pcs resource update %s nfs_no_notify=true", server->id);
	g_autofree char *infodir_cure =
		g_strdup_printf("pcs resource update %s nfs_shared_infodir=", server->id);
	const char *infodir = cib_parameter(server, "nfs_shared_infodir");

	if (!g_str_equal(server->agent, "ocf:heartbeat:nfsserver"))
		return;
	if (!is_on(cib_parameter(server, "nfs_no_notify")))
		finding_add(findings, FINDING_WARNING, notify_cure,
			"resource '%s' (nfsserver) notifies clients by itself, too early, and "
			"empties statd's records",
			server->id);
	if (infodir != NULL)
		finding_add(findings, FINDING_WARNING, infodir_cure,
			"resource '%s' (nfsserver) moves statd's directory to '%s': Lockferry "
			"needs it where it is",
			server->id, infodir);
}

static void check_export(const cib_resource *export, struct findings *findings)
{
	g_autofree char *cure = g_strdup_printf(
		"pcs resource update %s fsid=N, N being a number that no other export has",
		export->id);

	if (cib_parameter(export, "fsid") == NULL)
		finding_add(findings, FINDING_WARNING, cure,
			"resource '%s' (exportfs) has no 'fsid': on the other node clients may get "
			"'stale file handle'",
			export->id);
}

static void check_any(const cib_resource *resource, struct findings *findings)
{
	g_autofree char *delete = g_strdup_printf("pcs resource delete %s", resource->id);

	if (g_str_equal(resource->agent, "ocf:heartbeat:nfsnotify"))
		finding_add(findings, FINDING_WARNING, delete,
			"resource '%s' (nfsnotify) notifies clients as well, under other names and "
			"state numbers",
			resource->id);
	else if (resource_is_export(resource))
		check_export(resource, findings);
	else if (resource_is_server(resource))
		check_server(resource, findings);
}

void check_resource_settings(const struct check *self, struct findings *findings)
{
	bool found = false;

	if (self->cluster == NULL)
		return;
	for (guint i = 0; i < self->cluster->resources->len; i++) {
		const cib_resource *resource = g_ptr_array_index(self->cluster->resources, i);

		check_any(resource, findings);
		if (!resource_is_locks(resource))
			continue;
		check_shared(self, resource, i, findings);
		if (!check_concerns(self, resource))
			continue;
		found = true;
		check_fencing_of(self->cluster, resource, findings);
	}
	if (!found)
		finding_add(findings, FINDING_NOTE, "pcs resource create, as in lockferry(8)",
			"the cluster has no nfslock resource%s%s%s",
			self->group != NULL ? " for group '" : "",
			self->group != NULL ? self->group : "", self->group != NULL ? "'" : "");
}
