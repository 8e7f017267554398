/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/program.h"

#include <glib.h>

char *program_find(const char *name)
{
	char *path = g_path_is_absolute(name) ? g_strdup(name) : g_find_program_in_path(name);

	return path != NULL ? path : g_build_filename("/usr/sbin", name, NULL);
}

char **program_command_line(const char *const *argv)
{
	char **line = g_strdupv((char **)argv);
	char *path = program_find(line[0]);

	g_free(line[0]);
	line[0] = path;
	return line;
}
