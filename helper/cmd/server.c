/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/server.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

static const struct cmd commands[] = {
	{"server start",
		"start a group's own NFS server in namespaces of its own, and serve the group",
		cmd_server_start},
	{"server validate", "only check whether the options of 'server start' are valid",
		cmd_server_validate},
	{"server stop", "stop a group's own NFS server, and hand the group over cleanly",
		cmd_server_stop},
	{"server status", "show the groups' own NFS servers on this node", cmd_server_status},
	{"server enter", "run a command in the namespaces of a group's own NFS server",
		cmd_server_enter},
	{"server reload", "change the exports or the threads of a group's own NFS server",
		cmd_server_reload},
	/* Started by the others. */
	{"server keep", NULL, cmd_server_keep},
};

#define PREFIX_LENGTH strlen("server ")

static void print_usage(FILE *to)
{
	fputs("Usage: lockferry server COMMAND [OPTION...]\n\n"
	      "Runs an NFS server for one service group only, in namespaces of its own.\n\n",
		to);
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
		if (commands[i].summary != NULL)
			fprintf(to, "  %-9s %s\n", commands[i].name + PREFIX_LENGTH,
				commands[i].summary);
	}
	fputs("\n'lockferry server COMMAND --help' shows the options of a command.\n", to);
}

int cmd_server(const struct cmd *self G_GNUC_UNUSED, int argc, char **argv, GError **error)
{
	const char *word = argc > 1 ? argv[1] : "";

	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
		if (strcmp(word, commands[i].name + PREFIX_LENGTH) == 0)
			return commands[i].run(&commands[i], argc - 1, argv + 1, error);
	}
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
		print_usage(stdout);
		return CRM_EX_OK;
	}
	if (argc > 1)
		g_set_error(error, LF_ERROR, LF_ERROR_USAGE,
			"unknown command 'server %s': see 'lockferry server --help'", word);
	else
		print_usage(stderr);
	return CRM_EX_USAGE;
}

int cmd_server_print(JsonObject *result, report_text text, GError **error)
{
	/* The name of the root element in XML, which is one word. */
	static const struct cmd printed = {.name = "server"};

	return cmd_print(&printed, result, text, error);
}

gint64 cmd_server_deadline_us(int timeout_s, GError **error)
{
	if (timeout_s >= 1)
		return g_get_monotonic_time() + (gint64)timeout_s * G_USEC_PER_SEC;
	g_set_error(error, LF_ERROR, LF_ERROR_USAGE,
		"the timeout must be at least one second, not %d", timeout_s);
	return 0;
}
