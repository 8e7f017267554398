/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "base/error.h"
#include "cmd/cmd.h"
#include "helper/commit.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static const struct cmd commands[] = {
	{"serve",
		"serve a service group: take it over, record its clients, notify them after a failover",
		cmd_serve},
	{"snapshot", "record the contents of statd's sm directory once", cmd_snapshot},
	{"restore", "write the records of a store into an sm directory", cmd_restore},
	{"notify", "tell the clients of a store to reclaim their locks", cmd_notify},
	{"unlock", "drop the locks held here through an address or below a directory", cmd_unlock},
	{"clients",
		"list the clients of the groups on this node, or drop the locks of a dead client",
		cmd_clients},
	{"list", "show the client list of a store", cmd_list},
	{"convert", "convert a store to another kind, with everything in it", cmd_convert},
	{"status", "show the state of the groups served on this node", cmd_status},
	{"verify", "compare the locks noted before a move with the locks held here now",
		cmd_verify},
	{"drill", "rehearse a failover: move a group here, account for each lock, and report",
		cmd_drill},
	{"check", "check whether this node is ready to serve and to adopt groups", cmd_check},
	{"stop", "stop serving a group, and hand it over cleanly", cmd_stop},
	{"server", "run an NFS server for one group only, in namespaces of its own", cmd_server},
};

static void print_usage(FILE *to)
{
	fputs("Usage: lockferry COMMAND [OPTION...]\n\n"
	      "Keeps NFS file locks alive when an NFS service moves between the servers of a cluster.\n"
	      "\n",
		to);
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		fprintf(to, "  %-9s %s\n", commands[i].name, commands[i].summary);
	fputs("\n"
	      "'lockferry COMMAND --help' shows the options of a command, 'lockferry --version' the version.\n",
		to);
}

static const struct cmd *find_command(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
		if (strcmp(name, commands[i].name) == 0)
			return &commands[i];
	}
	return NULL;
}

static int run_command(const struct cmd *cmd, int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	int status = cmd->run(cmd, argc, argv, &error);

	return cmd_end(cmd, status, error);
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	const struct cmd *cmd = find_command(word);

	/* Only for the character set: messages are not translated, so that scripts can match
	 * them. */
	setlocale(LC_CTYPE, "");
	/* The first number that GLib parses makes it create a locale. If two threads do that at
	 * once, the errno of a futex makes g_ascii_string_to_signed() reject a valid number (seen
	 * with GLib 2.74). */
	g_ascii_strtoll("0", NULL, 10);
	if (cmd != NULL)
		return run_command(cmd, argc - 1, argv + 1);
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
		puts(PACKAGE_STRING LOCKFERRY_COMMIT);
		return CRM_EX_OK;
	}
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
		print_usage(stdout);
		return CRM_EX_OK;
	}
	if (argc > 1)
		fprintf(stderr, "lockferry: unknown command '%s'\n\n", word);
	print_usage(stderr);
	return CRM_EX_USAGE;
}
