/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/tool.h"

#include "base/child.h"
#include "base/error.h"
#include "base/program.h"

#include <unistd.h>

static void set_failed(GError **error, const char *const *argv, const char *said)
{
	g_autofree char *line = g_strjoinv(" ", (char **)argv);

	g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "'%s' failed: %s", line,
		said[0] != '\0' ? said : "it does not say why");
}

bool tool_run(const char *const *argv, guint timeout_ms, char **output, GError **error)
{
	g_auto(GStrv) words = program_command_line(argv);
	struct child child = {
		.argv = (const char *const *)words,
		.name = argv[0],
		.timeout_ms = timeout_ms,
		.errors = CHILD_ERRORS_TAKE,
	};
	g_autoptr(GByteArray) bytes = NULL;
	g_autofree char *said = NULL;
	int status = 0;

	bytes = child_run(&child, &status, error);
	if (bytes == NULL)
		return false;
	said = g_strstrip(g_strndup(bytes->len > 0 ? (const char *)bytes->data : "", bytes->len));
	if (status != 0) {
		set_failed(error, argv, said);
		return false;
	}
	if (output != NULL)
		*output = g_steal_pointer(&said);
	return true;
}

bool tool_is_there(const char *name, const char *package, GError **error)
{
	g_autofree char *path = program_find(name);

	if (access(path, X_OK) == 0)
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
		"there is no '%s' on this node: install %s", name, package);
	return false;
}
