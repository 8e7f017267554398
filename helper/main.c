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
		"serve a service group: take it over, record its clients, tell them after a failover",
		cmd_serve},
	{"snapshot", "record once what statd's sm directory holds", cmd_snapshot},
	{"restore", "convey the records of a store into an sm directory", cmd_restore},
	{"notify", "tell the clients of a store that they are to reclaim their locks", cmd_notify},
	{"unlock", "drop the locks held here through an address or below a directory", cmd_unlock},
	{"clients", "list the clients of the groups here, or drop what a dead one holds",
		cmd_clients},
	{"list", "show the client list of a store", cmd_list},
	{"convert", "make another kind of a store, with all that it holds", cmd_convert},
	{"status", "show how the groups served on this node are", cmd_status},
	{"verify", "compare the locks noted before a move with those held here now", cmd_verify},
	{"drill", "rehearse a failover: move a group here, account for each lock, and report",
		cmd_drill},
	{"check", "is this node ready to serve and to adopt?", cmd_check},
	{"stop", "stop serving a group, and hand it over in good order", cmd_stop},
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
	      "'lockferry COMMAND --help' tells of a command's options, 'lockferry --version' which lockferry this is.\n",
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

	if (error == NULL)
		return status;
	fprintf(stderr, "lockferry: %s\n", error->message);
	return lf_error_exit_status(error);
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	const struct cmd *cmd = find_command(word);

	/* For the characters alone: messages stay as scripts expect them. */
	setlocale(LC_CTYPE, "");
	/* GLib's first number makes a locale; where two threads meet in that, the errno of a futex
	 * has g_ascii_string_to_signed() say that "1" is no number (seen with GLib 2.74). */
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
