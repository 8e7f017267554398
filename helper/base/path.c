/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/path.h"

#include <glib.h>
#include <string.h>

bool path_is_in(const char *path, const char *dir)
{
	g_autofree char *inner = g_canonicalize_filename(path, "/");
	g_autofree char *outer = g_canonicalize_filename(dir, "/");
	gsize length = strlen(outer);

	return g_str_has_prefix(inner, outer) &&
	       (outer[length - 1] == '/' || inner[length] == '/' || inner[length] == '\0');
}

bool path_is_same(const char *one, const char *other)
{
	return path_is_in(one, other) && path_is_in(other, one);
}
