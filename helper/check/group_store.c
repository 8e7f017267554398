/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

#include "service/filesystems.h"
#include "store/store.h"

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
}
