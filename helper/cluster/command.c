/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/command.h"

#include "base/child.h"
#include "base/error.h"
#include "base/program.h"

/* The namespaces of the node, as nsenter(1) finds them. */
static const char *const outside[] = {
	"nsenter", "--target", "1", "--net", "--mount", "--uts", "--", NULL};
static bool is_run_outside;

void command_run_outside(void)
{
	is_run_outside = true;
}

/* The caller frees it. */
static char **command_line(const struct command *self, const char *path)
{
	GPtrArray *argv = g_ptr_array_new();

	for (gsize i = 0; is_run_outside && outside[i] != NULL; i++)
		g_ptr_array_add(argv, i == 0 ? program_find(outside[i]) : g_strdup(outside[i]));
	g_ptr_array_add(argv, g_strdup(path));
	for (gsize i = 1; self->argv[i] != NULL; i++)
		g_ptr_array_add(argv, g_strdup(self->argv[i]));
	g_ptr_array_add(argv, NULL);
	return (char **)g_ptr_array_free(argv, FALSE);
}

GByteArray *command_run(const struct command *self, int *status, GError **error)
{
	g_autofree char *path = program_find(self->argv[0]);
	g_auto(GStrv) argv = command_line(self, path);
	struct child child = {
		.argv = (const char *const *)argv,
		.name = self->argv[0],
		.timeout_ms = self->timeout_ms,
		.errors = self->show_errors ? CHILD_ERRORS_PASS : CHILD_ERRORS_DISCARD,
	};
	int ended;

	if (g_file_test(path, G_FILE_TEST_IS_EXECUTABLE))
		return child_run(&child, status != NULL ? status : &ended, error);
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
		"cannot ask the cluster: there is no '%s' on this node", self->argv[0]);
	return NULL;
}
