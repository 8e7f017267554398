/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/parameter_check.h"

#include "base/error.h"
#include "group/state.h"

#include <string.h>

bool parameter_check_group(const char *group, GError **error)
{
	if (group == NULL || group[0] == '\0')
		return lf_error_usage(
			error, "parameter 'group' is missing: set it to the service group's name");
	if (group_name_is_valid(group))
		return true;
	return lf_error_usage(error,
		"parameter 'group': '%s' is not a valid group name: use at most 64 letters, digits, '_', '-' and '.', and no '-' or '.' first",
		group);
}

bool parameter_check_path(const char *name, const char *path, GError **error)
{
	if (path == NULL)
		return true;
	if (strchr(path, '\n') != NULL)
		return lf_error_usage(
			error, "parameter '%s': a path cannot have a line break", name);
	if (g_path_is_absolute(path))
		return true;
	return lf_error_usage(error,
		"parameter '%s': '%s' is not an absolute path: begin it with '/'", name, path);
}

bool parameter_check_backend(const char *backend, GError **error)
{
	if (backend == NULL || g_str_equal(backend, "files") || g_str_equal(backend, "sqlite"))
		return true;
	return lf_error_usage(error,
		"parameter 'backend': '%s' is not a kind of store: set it to files or sqlite",
		backend);
}
