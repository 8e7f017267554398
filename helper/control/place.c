/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/place.h"

#include "base/error.h"

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

static gint compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *control_groups(const char *run_dir)
{
	GPtrArray *groups = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = g_dir_open(run_dir, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		if (g_str_has_suffix(name, SOCKET_SUFFIX))
			g_ptr_array_add(
				groups, g_strndup(name, strlen(name) - strlen(SOCKET_SUFFIX)));
	}
	g_ptr_array_sort(groups, compare_names);
	return groups;
}

bool control_has_others(const char *run_dir, const char *group)
{
	g_autofree char *own = g_strconcat(group, LOCK_SUFFIX, NULL);
	g_autoptr(GDir) dir = g_dir_open(run_dir, 0, NULL);
	const char *name;

	/* These stay, unlike the sockets. */
	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		if (name[0] != '.' && g_str_has_suffix(name, LOCK_SUFFIX) &&
			!g_str_equal(name, own))
			return true;
	}
	return false;
}
