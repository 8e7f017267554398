/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

#include "check/export_table.h"
#include "node/filesystems.h"
#include "store/store.h"
#include "store/trust.h"

#include <sys/stat.h>
#include <unistd.h>

static bool store_is_readable(const struct check *self, GError **error)
{
	g_autoptr(store) from = store_open(self->store, STORE_READ, NULL, error);
	g_autoptr(group_state) state = NULL;
	GError *local_error = NULL;

	if (from == NULL)
		return false;
	state = store_load_state(from, &local_error);
	if (local_error != NULL) {
		g_propagate_error(error, local_error);
		return false;
	}
	return state == NULL || self->group == NULL ||
	       group_state_check_group(state, self->store, self->group, error);
}

static void check_owner(const struct check *self, struct findings *findings)
{
	g_autoptr(GError) error = NULL;
	struct stat st;

	if (!trust_way(self->store, &error)) {
		finding_add_error(findings, error);
		return;
	}
	if (stat(self->store, &st) != 0)
		return;
	if (st.st_uid != 0 && st.st_uid != geteuid())
		finding_add(findings, FINDING_MISSING,
			"find out who created it; if its contents are right, give it to root ('chown -R root'), else remove it",
			"the store '%s' belongs to user %u, not to root: the group cannot start",
			self->store, st.st_uid);
	else if ((st.st_mode & 077) != 0)
		finding_add(findings, FINDING_WARNING,
			"the next start corrects it; find out who changed it",
			"the store '%s' has mode %o, not 700: other users may read it", self->store,
			st.st_mode & 07777);
}

#define OWN_FILESYSTEM                                                                             \
	"put the store on a small filesystem of its own, which is not exported and moves with the group"

/* Clients of an export see everything below it. With a forged file handle, root on a client can
 * reach the whole filesystem, unless root is squashed. */
static bool check_export(const struct check *self, const exported *entry, struct findings *findings)
{
	if (exported_shows(entry, self->store))
		finding_add(findings, FINDING_WARNING, OWN_FILESYSTEM,
			"the store '%s' is below the exported '%s': clients can see it, and root on one of them may change it",
			self->store, entry->dir);
	else if (entry->root_by != NULL && filesystems_are_one(self->store, entry->dir))
		finding_add(findings, FINDING_WARNING, OWN_FILESYSTEM,
			"'%s', on the filesystem of the store '%s', is exported with %s: root on a client can read and change the store with a forged file handle",
			entry->dir, self->store, entry->root_by);
	else
		return true;
	return false;
}

/* If nothing is exported now, the parameter says what will be exported. */
static void check_place(const struct check *self, struct findings *findings)
{
	g_autoptr(GPtrArray) table = export_table_load(self->root);
	bool good = true;

	for (gsize i = 0; good && self->exports[i] != NULL; i++) {
		const exported entry = {.dir = (char *)self->exports[i]};

		good = check_export(self, &entry, findings);
	}
	for (guint i = 0; good && i < table->len; i++)
		good = check_export(self, g_ptr_array_index(table, i), findings);
}

static void check_above(const struct check *self, struct findings *findings)
{
	g_autofree char *above = store_find_above(self->store);

	if (above != NULL)
		finding_add(findings, FINDING_WRONG,
			"stop the group, move the store to a directory of its own, and set the parameter 'store' to it",
			"the store '%s' is inside the store '%s' of another group", self->store,
			above);
}

void check_group_store(const struct check *self, struct findings *findings)
{
	g_autofree char *parent = self->store != NULL ? g_path_get_dirname(self->store) : NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) filesystems = NULL;

	if (self->store == NULL)
		return;
	if (access(parent, F_OK) != 0) {
		finding_add(findings, FINDING_NOTE,
			"this is normal on a node that does not serve the group",
			"'%s' does not exist: the group's filesystem is not mounted here", parent);
		return;
	}
	check_above(self, findings);
	if (access(self->store, F_OK) != 0) {
		finding_add(findings, FINDING_NOTE,
			"it is created when the group is served for the first time; if it should exist, mount the group's filesystem",
			"there is no store '%s'", self->store);
		return;
	}
	filesystems = filesystems_find(self->store, self->exports, &error);
	if (filesystems == NULL || !store_is_readable(self, &error))
		finding_add_error(findings, error);
	else
		finding_add(findings, FINDING_OK, "", "the store '%s' can be read", self->store);
	check_owner(self, findings);
	check_place(self, findings);
}
