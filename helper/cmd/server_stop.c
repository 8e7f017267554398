/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"
#include "cmd/server.h"
#include "keeper/life.h"

#include <stdio.h>

#define TIMEOUT_DEFAULT_S 120

static char *group;
static int timeout_s = TIMEOUT_DEFAULT_S;

static const GOptionEntry entries[] = {
	{"group", 0, 0, G_OPTION_ARG_FILENAME, &group, "The service group", "GROUP"},
	{"timeout", 0, 0, G_OPTION_ARG_INT, &timeout_s, "How long it may take [120]", "SECONDS"},
	{0},
};

static const char details[] =
	"It takes the addresses away, has the group's process take its last snapshot, has lockd drop the group's locks,\n"
	"stops the server, and proves that nothing uses the group's filesystem. What a server that died left is cleaned up\n"
	"the same way. If nothing is there, that is a success. Exit status 1: the filesystem must not be mounted on another\n"
	"node before this one is fenced.\n";

static void print_text(JsonObject *result)
{
	const char *name = json_object_get_string_member(result, "group");

	if (!json_object_get_boolean_member(result, "was_there"))
		printf("group '%s' has no NFS server of its own here\n", name);
	else
		printf("the NFS server of group '%s' is stopped\n", name);
}

int cmd_server_stop(const struct cmd *self, int argc, char **argv, GError **error)
{
	g_autoptr(JsonObject) result = json_object_new();
	struct life_stop stopped;
	gint64 deadline_us;

	if (!cmd_parse(self, entries, details, argc, argv, error) ||
		!cmd_require("group", group, error) || !cmd_check_group(group, error) ||
		(deadline_us = cmd_server_deadline_us(timeout_s, error)) == 0)
		return CRM_EX_USAGE;
	if (!life_stop(cmd_run_dir(), group, deadline_us, &stopped, error))
		return CRM_EX_ERROR;
	if (stopped.was_there && !stopped.released)
		cmd_say("group '%s' is stopped, but it was not released (its process hangs, or could not be replaced): another node takes it over only after this node was fenced",
			group);
	json_object_set_string_member(result, "group", group);
	json_object_set_boolean_member(result, "was_there", stopped.was_there);
	json_object_set_boolean_member(result, "released", stopped.released);
	return cmd_server_print(result, print_text, error);
}
