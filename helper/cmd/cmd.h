/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CMD_CMD_H
#define LOCKFERRY_CMD_CMD_H

/*
 * What the commands of the command line have in common. A command is one file with one function,
 * cmd_COMMAND(), that parses its options with cmd_parse(), does its work, and prints its result
 * with cmd_print().
 */

#include "kernel/kernel.h"
#include "report/report.h"

#include <glib.h>
#include <stdbool.h>

struct cmd {
	const char *name;
	const char *summary; /* one line, for the table of commands and the head of its own help */
	/* Returns the exit status. With `error` set, that decides it instead. */
	int (*run)(const struct cmd *self, int argc, char **argv, GError **error);
};

int cmd_check(const struct cmd *self, int argc, char **argv, GError **error);
int cmd_clients(const struct cmd *self, int argc, char **argv, GError **error);
int cmd_convert(const struct cmd *self, int argc, char **argv, GError **error);
int cmd_drill(const struct cmd *self, int argc, char **argv, GError **error);
int cmd_list(const struct cmd *self, int argc, char **argv, GError **error);
int cmd_notify(const struct cmd *self, int argc, char **argv, GError **error);
int cmd_unlock(const struct cmd *self, int argc, char **argv, GError **error);
int cmd_restore(const struct cmd *self, int argc, char **argv, GError **error);
int cmd_serve(const struct cmd *self, int argc, char **argv, GError **error);
int cmd_snapshot(const struct cmd *self, int argc, char **argv, GError **error);
int cmd_status(const struct cmd *self, int argc, char **argv, GError **error);
int cmd_stop(const struct cmd *self, int argc, char **argv, GError **error);
int cmd_verify(const struct cmd *self, int argc, char **argv, GError **error);

/*
 * Parse the options of a command: `entries` (NULL: none), and those that every command has.
 * `details` is the text below the options in
 * --help, which ends the process by itself; may be NULL. Words that are no options are a usage
 * error.
 */
bool cmd_parse(const struct cmd *cmd, const GOptionEntry *entries, const char *details, int argc,
	char **argv, GError **error);

/* Print the result as --output-as says. The exit status: 0, or 1 with `error`. */
int cmd_print(const struct cmd *cmd, JsonObject *result, report_text text, GError **error);

/* The same into a new file, which is there as a whole or not at all. Error: failed, also when there
 * is one of that name. */
bool cmd_save(const struct cmd *cmd, JsonObject *result, report_text text, const char *file,
	GError **error);

/* The same without the slashes behind it, which mean nothing; as cmd_parse() leaves a directory,
 * for its parent to be told from it. NULL stays NULL. */
char *cmd_strip_slashes(char *path);

/* Where the kernel's files are, and the directory of the control sockets. Valid after cmd_parse().
 */
const struct kernel *cmd_kernel(void);
const char *cmd_run_dir(void);

/* How long a record's file must have been away before it leaves the store. */
int cmd_deletion_delay_s(void);

/* A usage error where an option that must be given isn't. */
bool cmd_require(const char *option, const void *value, GError **error);

/* A usage error where that is no name for a group. */
bool cmd_check_group(const char *group, GError **error);

/* A list that is never NULL. */
const char *const *cmd_list_of(char **values);

/* The same of directories, which may have blanks written as \040: decoded in place, so ask once. */
const char *const *cmd_directories(char **values);

/* Addresses as they are given, several to a word with commas between them. The caller frees the
 * list. */
char **cmd_split_addresses(char **values);

/* The directory given, or the one that is found. The caller frees it. */
char *cmd_sm_dir(const char *given, GError **error);

/* End this process with the status for a time-out (124) after so long, whatever it hangs on. */
void cmd_end_after(int seconds);

/* Say something to the person at the terminal. */
void cmd_say(const char *format, ...) G_GNUC_PRINTF(1, 2);

#endif
