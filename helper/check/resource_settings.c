/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

#include "base/path.h"
#include "cluster/cib_tree.h"
#include "cluster/resources.h"

#include <string.h>

static bool is_on(const char *value)
{
	return value != NULL && cib_is_true(value);
}

static void check_fencing_of(
	const cib *cluster, const cib_resource *locks, struct findings *findings)
{
	bool fences = cib_fences(cluster);
	const char *required = cib_parameter(locks, "require_fencing");
	bool by_cluster = required == NULL || g_str_equal(required, "auto");
	const char *name = cib_fencing_name(cluster);
	g_autofree char *cure =
		g_strdup_printf("pcs resource update %s require_fencing=auto", locks->id);
	g_autofree char *fence_cure =
		g_strdup_printf("set up fencing, then: pcs property set %s=true", name);

	if (by_cluster && !fences)
		finding_add(findings, FINDING_WARNING, fence_cure,
			"the cluster does not fence (%s=%s): '%s' takes its group over from a node that may still be serving it, and both grant the same lock",
			name, cluster->fencing, locks->id);
	else if (!by_cluster && !cib_is_true(required))
		finding_add(findings, FINDING_WARNING, cure,
			"'%s' is configured to take its group over from a node that was not fenced (require_fencing=%s), which may still be serving it",
			locks->id, required);
	else if (!by_cluster && !fences)
		finding_add(findings, FINDING_WARNING, fence_cure,
			"'%s' takes its group over only from a node that was fenced, but the cluster does not fence (%s=%s): the group stays down after a crash",
			locks->id, name, cluster->fencing);
}

/* By default, one failed start bans the resource from the node. */
static bool may_start_again(const cib *cluster, const cib_resource *locks)
{
	const char *fatal = cib_property(cluster, "start-failure-is-fatal");
	const char *threshold = cib_meta(cluster, locks, "migration-threshold");
	gint64 failures = cib_score(threshold);

	return fatal != NULL && !cib_is_true(fatal) &&
	       (threshold == NULL || failures == 0 || failures >= CIB_INFINITY);
}

/* A start can be refused until the other node is proven to be gone. After a failed start, Pacemaker
 * bans the resource from the node for failure-timeout. */
static void check_failure_timeout(
	const cib *cluster, const cib_resource *locks, struct findings *findings)
{
	const char *set = cib_meta(cluster, locks, "failure-timeout");
	g_autofree char *cure =
		g_strdup_printf("pcs resource meta %s failure-timeout=120s", locks->id);

	if ((set == NULL || strpbrk(set, "123456789") == NULL) && !may_start_again(cluster, locks))
		finding_add(findings, FINDING_WARNING, cure,
			"resource '%s' (%s) has no 'failure-timeout': one refused start keeps the group from that node until somebody cleans up",
			locks->id, resource_is_locks(locks) ? "nfslock" : "nfsgroup");
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
			"resource '%s' (nfsserver) notifies clients by itself, too early, and empties statd's records",
			server->id);
	if (infodir != NULL)
		finding_add(findings, FINDING_WARNING, infodir_cure,
			"resource '%s' (nfsserver) moves statd's directory to '%s': Lockferry needs it in its usual place",
			server->id, infodir);
}

/* Whether the filesystem has a UUID, which identifies exports without fsid. */
static bool has_uuid(const cib *cluster, const cib_resource *export)
{
	static const char *const types[] = {"ext2", "ext3", "ext4", "xfs", "btrfs", NULL};
	const char *dir = cib_parameter(export, "directory");
	const char *type = NULL;
	gsize longest = 0;

	for (guint i = 0; dir != NULL && i < cluster->resources->len; i++) {
		const cib_resource *other = g_ptr_array_index(cluster->resources, i);
		g_autofree char *mounted = resource_mount_dir(other);

		if (mounted == NULL || !path_is_in(dir, mounted) || strlen(mounted) < longest)
			continue;
		longest = strlen(mounted);
		type = cib_parameter(other, "fstype");
	}
	return type != NULL && g_strv_contains(types, type);
}

static void check_export(const cib *cluster, const cib_resource *export, struct findings *findings)
{
	bool by_uuid = has_uuid(cluster, export);
	g_autofree char *cure = g_strdup_printf(
		"pcs resource update %s fsid=N, where N is a number that no other export has",
		export->id);

	if (cib_parameter(export, "fsid") == NULL)
		finding_add(findings, by_uuid ? FINDING_NOTE : FINDING_WARNING, cure,
			"resource '%s' (exportfs) has no 'fsid': %s", export->id,
			by_uuid ? "clients identify the filesystem by its UUID"
				: "on the other node clients may get 'stale file handle'");
}

/* If a resource exports several directories, exportfs counts up from one number. "root" is 0. */
static char *fsid_of(const cib_resource *export, char **dirs, guint place)
{
	const char *fsid = cib_parameter(export, "fsid");

	if (g_str_equal(fsid, "root"))
		return g_strdup("0");
	if (dirs[1] == NULL)
		return g_strdup(fsid);
	return g_strdup_printf("%" G_GUINT64_FORMAT, g_ascii_strtoull(fsid, NULL, 10) + place);
}

/* The fsid that two different directories share; NULL: none. The same directory may be exported to
 * several clients with one fsid. */
static char *shared_fsid(const cib_resource *one, const cib_resource *other)
{
	g_auto(GStrv) dirs = resource_list(one, "directory");
	g_auto(GStrv) other_dirs = resource_list(other, "directory");

	for (guint i = 0; dirs[i] != NULL; i++) {
		g_autofree char *fsid = fsid_of(one, dirs, i);

		for (guint j = 0; other_dirs[j] != NULL; j++) {
			g_autofree char *other_fsid = fsid_of(other, other_dirs, j);

			if (g_ascii_strcasecmp(fsid, other_fsid) == 0 &&
				!path_is_same(dirs[i], other_dirs[j]))
				return g_steal_pointer(&fsid);
		}
	}
	return NULL;
}

static bool has_fsid(const cib_resource *resource)
{
	return resource_is_export(resource) && cib_parameter(resource, "fsid") != NULL;
}

/* Compares with those before it, so that each pair is reported once. */
static void check_fsids(const cib *cluster, guint place, struct findings *findings)
{
	const cib_resource *export = g_ptr_array_index(cluster->resources, place);
	g_autofree char *cure = g_strdup_printf(
		"pcs resource update %s fsid=N, where N is a number that no other export has",
		export->id);

	for (guint i = 0; has_fsid(export) && i < place; i++) {
		const cib_resource *other = g_ptr_array_index(cluster->resources, i);
		g_autofree char *fsid = has_fsid(other) ? shared_fsid(export, other) : NULL;

		if (fsid != NULL)
			finding_add(findings, FINDING_WRONG, cure,
				"resources '%s' and '%s' (exportfs) have the same 'fsid', %s, for two directories: clients of one reach the other",
				other->id, export->id, fsid);
	}
}

/* A server that stays up without the group does not drop locks either. */
static void check_unlocking(
	const cib *cluster, const cib_resource *locks, struct findings *findings)
{
	bool stays = false;

	for (guint i = 0; i < cluster->resources->len; i++) {
		const cib_resource *server = g_ptr_array_index(cluster->resources, i);

		stays = stays ||
			(resource_is_server(server) && !resource_in_group_of(server, locks));
	}
	for (guint i = 0; stays && i < cluster->resources->len; i++) {
		const cib_resource *export = g_ptr_array_index(cluster->resources, i);
		const char *unlocks = cib_parameter(export, "unlock_on_stop");
		g_autofree char *cure =
			g_strdup_printf("pcs resource update %s unlock_on_stop=1", export->id);

		if (!resource_is_export(export) || unlocks == NULL || cib_is_true(unlocks) ||
			!resource_is_below(cluster, export, locks) ||
			is_on(cib_parameter(locks, "unlock_on_stop")))
			continue;
		finding_add(findings, FINDING_WARNING, cure,
			"resource '%s' (exportfs) has unlock_on_stop=%s, and the NFS server keeps running when the group leaves: its locks are not dropped here, and the filesystem cannot be unmounted",
			export->id, unlocks);
	}
}

static void check_any(const cib *cluster, guint place, struct findings *findings)
{
	const cib_resource *resource = g_ptr_array_index(cluster->resources, place);
	g_autofree char *delete = g_strdup_printf("pcs resource delete %s", resource->id);

	if (g_str_equal(resource->agent, "ocf:heartbeat:nfsnotify"))
		finding_add(findings, FINDING_WARNING, delete,
			"resource '%s' (nfsnotify) notifies clients as well, with other names and state numbers",
			resource->id);
	else if (resource_is_export(resource)) {
		check_export(cluster, resource, findings);
		check_fsids(cluster, place, findings);
	} else if (resource_is_server(resource))
		check_server(resource, findings);
}

void check_resource_settings(const struct check *self, struct findings *findings)
{
	bool found = false;

	if (self->cluster == NULL)
		return;
	for (guint i = 0; i < self->cluster->resources->len; i++) {
		const cib_resource *resource = g_ptr_array_index(self->cluster->resources, i);

		check_any(self->cluster, i, findings);
		if (!resource_is_service(resource) || !check_concerns(self, resource))
			continue;
		found = true;
		check_fencing_of(self->cluster, resource, findings);
		check_failure_timeout(self->cluster, resource, findings);
		if (resource_is_locks(resource))
			check_unlocking(self->cluster, resource, findings);
	}
	if (!found)
		finding_add(findings, FINDING_NOTE, "pcs resource create, as in lockferry(8)",
			"the cluster has no nfslock resource%s%s%s",
			self->group != NULL ? " for group '" : "",
			self->group != NULL ? self->group : "", self->group != NULL ? "'" : "");
}
