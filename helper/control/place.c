/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/place.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

#define SOCKET_SUFFIX ".sock"
#define LOCK_SUFFIX ".lock"

char *control_socket_path(const char *run_dir, const char *group)
{
	return g_strdup_printf("%s/%s" SOCKET_SUFFIX, run_dir, group);
}

char *control_lock_path(const char *run_dir, const char *group)
{
	return g_strdup_printf("%s/%s" LOCK_SUFFIX, run_dir, group);
}

bool control_address(const char *path, struct sockaddr_un *address, GError **error)
{
	address->sun_family = AF_UNIX;
	if (g_strlcpy(address->sun_path, path, sizeof(address->sun_path)) <
		sizeof(address->sun_path))
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
		"'%s' is too long for a socket: use a shorter directory", path);
	return false;
}

/* The groups for which the file GROUP.SUFFIX exists. */
static GPtrArray *groups_of(const char *run_dir, const char *suffix)
{
	GPtrArray *groups = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = g_dir_open(run_dir, 0, NULL);
	const char *name;

	/* A group's name never begins with a dot. */
	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		if (name[0] != '.' && g_str_has_suffix(name, suffix))
			g_ptr_array_add(groups, g_strndup(name, strlen(name) - strlen(suffix)));
	}
	g_ptr_array_sort(groups, text_compare);
	return groups;
}

GPtrArray *control_groups(const char *run_dir)
{
	return groups_of(run_dir, SOCKET_SUFFIX);
}

/* Lock files stay after the process ends; sockets do not. */
GPtrArray *control_groups_since_boot(const char *run_dir)
{
	return groups_of(run_dir, LOCK_SUFFIX);
}
