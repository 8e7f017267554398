/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

#include "check/export_table.h"
#include "node/addresses.h"
#include "node/filesystems.h"
#include "nsm/nfs_conf.h"

/* Without --export, the group has every export on the store's filesystem. */
static bool is_the_groups(const struct check *self, const exported *entry)
{
	for (gsize i = 0; self->exports[i] != NULL; i++) {
		if (export_is_same_dir(self->exports[i], entry->dir))
			return true;
	}
	return self->exports[0] == NULL && self->store != NULL &&
	       filesystems_are_one(self->store, entry->dir);
}

static void check_fsids(const struct check *self, const GPtrArray *table, struct findings *findings)
{
	guint good = 0;

	for (guint i = 0; i < table->len; i++) {
		const exported *entry = g_ptr_array_index(table, i);

		if (!is_the_groups(self, entry))
			continue;
		if (entry->has_fsid)
			good++;
		else
			finding_add(findings, FINDING_WARNING,
				"give its exportfs resource the parameter fsid, with a value that no other export has: then it is the same on every node",
				"'%s' is exported to '%s' without fsid=: if the filesystem has no UUID, its number differs on the other node, and clients get 'stale file handle' there",
				entry->dir, entry->clients);
	}
	if (good > 0)
		finding_add(findings, FINDING_OK, "", "%u exports of the group have an fsid", good);
}

/* Signed file handles exist since nfs-utils 2.9 and Linux 7.1: exports(5), nfs.conf(5). This node
 * cannot see the keys of other nodes. */
static void check_signed(
	const struct check *self, const GPtrArray *table, struct findings *findings)
{
	for (guint i = 0; i < table->len; i++) {
		const exported *entry = g_ptr_array_index(table, i);
		g_autofree char *key = NULL;

		if (!is_the_groups(self, entry) || !entry->is_signed)
			continue;
		key = nfs_conf_get("nfsd", "fh-key-file");
		if (key == NULL)
			finding_add(findings, FINDING_WARNING,
				"set 'fh-key-file' in the section [nfsd] of nfs.conf on every node, to a file with the same key, and restart the NFS server",
				"'%s' is exported with sign_fh, but nfs.conf names no key for signing its file handles",
				entry->dir);
		else
			finding_add(findings, FINDING_NOTE,
				"compare 'sha256sum' of that file on every node; if it differs, copy it and restart the NFS server there",
				"'%s' is exported with sign_fh: the key in '%s' must be the same on every node, or clients get 'stale file handle' after a failover, and lose their locks",
				entry->dir, key);
	}
}

/* The same directory may be exported to several clients with one fsid. Each pair is reported
 * once. */
static void check_same_fsids(const GPtrArray *table, struct findings *findings)
{
	for (guint i = 0; i < table->len; i++) {
		const exported *entry = g_ptr_array_index(table, i);

		for (guint j = 0; j < i; j++) {
			const exported *other = g_ptr_array_index(table, j);

			if (entry->fsid == NULL || other->fsid == NULL ||
				g_ascii_strcasecmp(entry->fsid, other->fsid) != 0 ||
				export_is_same_dir(entry->dir, other->dir))
				continue;
			finding_add(findings, FINDING_WRONG,
				"give each exported directory its own fsid, the same on every node",
				"'%s' and '%s' are exported with the same fsid, %s: clients of one reach the other",
				other->dir, entry->dir, entry->fsid);
		}
	}
}

/* A client that can write to the store's directory can change the records. */
static void check_store_exported(
	const struct check *self, const GPtrArray *table, struct findings *findings)
{
	for (guint i = 0; self->store != NULL && i < table->len; i++) {
		const exported *entry = g_ptr_array_index(table, i);

		if (exported_shows(entry, self->store))
			finding_add(findings, FINDING_WARNING,
				"put the store where nothing is exported, best on a small filesystem of its own",
				"the store '%s' is inside '%s', which is exported to '%s': root on such a client may change the records",
				self->store, entry->dir, entry->clients);
	}
}

static bool group_is_here(const struct check *self)
{
	g_autoptr(addresses) list = addresses_seen(self->addresses, NULL);

	if (list == NULL)
		return false;
	return addresses_any_here(list);
}

static bool is_exported(const GPtrArray *table, const char *dir)
{
	for (guint i = 0; i < table->len; i++) {
		const exported *entry = g_ptr_array_index(table, i);

		if (export_is_same_dir(dir, entry->dir))
			return true;
	}
	return false;
}

static void check_exported(
	const struct check *self, const GPtrArray *table, struct findings *findings)
{
	bool here = group_is_here(self);

	for (gsize i = 0; self->exports[i] != NULL; i++) {
		if (is_exported(table, self->exports[i]))
			continue;
		if (here)
			finding_add(findings, FINDING_WARNING,
				"put an exportfs resource for it into the group, before nfslock; or correct the parameter 'exports' of nfslock",
				"'%s' is not exported, but the group's address is here",
				self->exports[i]);
		else
			finding_add(findings, FINDING_NOTE,
				"this is normal on a node that does not serve the group",
				"'%s' is not exported here", self->exports[i]);
	}
}

void check_exports(const struct check *self, struct findings *findings)
{
	g_autoptr(GPtrArray) table = export_table_load(self->root);

	check_exported(self, table, findings);
	check_fsids(self, table, findings);
	check_same_fsids(table, findings);
	check_signed(self, table, findings);
	check_store_exported(self, table, findings);
}
