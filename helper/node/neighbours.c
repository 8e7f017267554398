/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/neighbours.h"

#include "control/client.h"
#include "control/place.h"

/* If the main loop of a process does not answer in this time, something is wrong with it. */
#define ASK_TIMEOUT_MS 1000

static void leave_out(GPtrArray *groups, const char *group)
{
	guint place;

	if (g_ptr_array_find_with_equal_func(groups, group, g_str_equal, &place))
		g_ptr_array_remove_index(groups, place);
}

bool neighbours_any(const char *run_dir, const char *group)
{
	g_autoptr(GPtrArray) groups = control_groups(run_dir);

	leave_out(groups, group);
	return groups->len > 0;
}

bool neighbours_since_boot(const char *run_dir, const char *group)
{
	g_autoptr(GPtrArray) groups = control_groups_since_boot(run_dir);

	leave_out(groups, group);
	return groups->len > 0;
}

char *neighbours_find(const char *run_dir, const char *group, neighbours_test test, void *data)
{
	g_autoptr(GPtrArray) groups = control_groups(run_dir);

	leave_out(groups, group);
	for (guint i = 0; i < groups->len; i++) {
		const char *one = g_ptr_array_index(groups, i);
		g_autoptr(JsonObject) status =
			control_ask(run_dir, one, "status", ASK_TIMEOUT_MS, NULL);

		if (test(status, data))
			return g_strdup(one);
	}
	return NULL;
}
