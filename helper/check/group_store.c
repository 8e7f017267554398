/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

#include "node/filesystems.h"
#include "nsm/nfs_conf.h"
#include "store/store.h"
#include "store/trust.h"

#include <stdlib.h>
#include <string.h>
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

static bool is_below(const char *path, const char *dir)
{
	g_autofree char *real_path = realpath(path, NULL);
	g_autofree char *real_dir = realpath(dir, NULL);
	gsize length = real_dir != NULL ? strlen(real_dir) : 0;

	return real_path != NULL && length > 0 && strncmp(real_path, real_dir, length) == 0 &&
	       (real_path[length] == '/' || real_path[length] == '\0' || length == 1);
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
			"see who made it; give it to root ('chown -R root') if what is in it is "
			"right, else remove it",
			"the store '%s' belongs to user %u, not to root: a start is refused",
			self->store, st.st_uid);
	else if ((st.st_mode & 077) != 0)
		finding_add(findings, FINDING_WARNING,
			"the next start sets it right; see who changed it",
			"the store '%s' has mode %o, not 700: others may look into it", self->store,
			st.st_mode & 07777);
}

#define OWN_FILESYSTEM                                                                             \
	"put the store on a small filesystem of its own, which is not exported and moves with "    \
	"the group"

static bool is_on_the_stores_filesystem(const struct check *self, const char *dir)
{
	struct stat one, other;

	return stat(self->store, &one) == 0 && stat(dir, &other) == 0 && one.st_dev == other.st_dev;
}

/* Clients of an export see what is below it; with a made-up file handle root on one of them reaches
 * all of its filesystem, unless root is squashed. */
static void check_export(const struct check *self, const char *dir, bool is_squashed, bool *warned,
	struct findings *findings)
{
	if (is_below(self->store, dir)) {
		*warned = true;
		finding_add(findings, FINDING_WARNING, OWN_FILESYSTEM,
			"the store '%s' is below the exported '%s': clients can see it, and root "
			"on one of them may change it",
			self->store, dir);
	} else if (!is_squashed && is_on_the_stores_filesystem(self, dir)) {
		*warned = true;
		finding_add(findings, FINDING_WARNING, OWN_FILESYSTEM,
			"'%s', on the filesystem of the store '%s', is exported with "
			"no_root_squash: root on a client can read and change the store by a "
			"made-up file handle",
			dir, self->store);
	}
}

/* A line of etab is a directory, a tab, and CLIENT(OPTION,...), with blanks as \040 (nfs-utils
 * support/export/xtab.c). Where there is no such file nothing is exported now: the parameter says
 * what will be. */
static void check_place(const struct check *self, struct findings *findings)
{
	g_autofree char *state_dir = nfs_conf_get("mountd", "state-directory-path");
	g_autofree char *path = g_build_filename(
		self->root, state_dir != NULL ? state_dir : "/var/lib/nfs", "etab", NULL);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	bool warned = false;

	for (gsize i = 0; self->exports[i] != NULL && !warned; i++)
		check_export(self, self->exports[i], true, &warned, findings);
	if (!g_file_get_contents(path, &text, NULL, NULL))
		return;
	lines = g_strsplit(text, "\n", -1);
	for (gsize i = 0; lines[i] != NULL && !warned; i++) {
		gsize length = strcspn(lines[i], "\t");
		g_autofree char *escaped = g_strndup(lines[i], length);
		g_autofree char *dir = g_strcompress(escaped);

		if (dir[0] == '/')
			check_export(self, dir, strstr(lines[i] + length, "no_root_squash") == NULL,
				&warned, findings);
	}
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
			"on the node that does not serve the group this is as it should be",
			"'%s' is not there: the group's filesystem is not mounted here", parent);
		return;
	}
	if (access(self->store, F_OK) != 0) {
		finding_add(findings, FINDING_NOTE,
			"it is made when the group is first served; if it should be there, mount "
			"the group's filesystem",
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
