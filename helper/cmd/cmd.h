/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CMD_CMD_H
#define LOCKFERRY_CMD_CMD_H

/*
 * What the commands of the command line share. A command is one file with one function,
 * cmd_COMMAND(). It parses its options with cmd_parse(), does its work, and prints its result with
 * cmd_print().
 */

#include "kernel/kernel.h"
#include "report/report.h"

#include <glib.h>
#include <stdbool.h>

struct cmd {
	const char *name;
	const char *summary; /* one line, for the table of commands and its own help */
	/* Returns the exit status. If `error` is set, the error decides it instead. */
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
int cmd_server(const struct cmd *self, int argc, char **argv, GError **error);
int cmd_snapshot(const struct cmd *self, int argc, char **argv, GError **error);
int cmd_status(const struct cmd *self, int argc, char **argv, GError **error);
int cmd_stop(const struct cmd *self, int argc, char **argv, GError **error);
int cmd_verify(const struct cmd *self, int argc, char **argv, GError **error);

/*
 * Parses the options of a command: `entries` (NULL: none), and those that every command has.
 * `details` is the text below the options in --help (NULL: none). --help ends the process. An
 * argument that is not an option is a usage error.
 */
bool cmd_parse(const struct cmd *cmd, const GOptionEntry *entries, const char *details, int argc,
	char **argv, GError **error);

/*
 * Prints the result as --output-as says; for people at once, for programs in cmd_end(). Only one
 * result. Returns the exit status: 0, or 1 with `error`.
 */
int cmd_print(const struct cmd *cmd, JsonObject *result, report_text text, GError **error);

/* The version of the documents: it grows when a member goes or changes its meaning. */
#define CMD_FORMAT 1

/*
 * Ends a command that returned `status` and `error` (NULL: none): prints the error for people, and
 * for programs the document, which exists without a result as well: its members "format"
 * (CMD_FORMAT) and "status" (code: the exit status, message: the error, or ""). Returns the exit
 * status.
 */
int cmd_end(const struct cmd *cmd, int status, const GError *error);

/* Writes the result into a new file, either completely or not at all. Error: failed, also if the
 * file exists. */
bool cmd_save(const struct cmd *cmd, JsonObject *result, report_text text, const char *file,
	GError **error);

/* Removes trailing slashes in place, as cmd_parse() does for a directory, so that its parent can be
 * found. NULL stays NULL. */
char *cmd_strip_slashes(char *path);

/* The kernel's files, and the directory of the control sockets. Valid after cmd_parse(). */
const struct kernel *cmd_kernel(void);
const char *cmd_run_dir(void);

/* How long a record's file must be gone before the record leaves the store. */
int cmd_deletion_delay_s(void);

/* Fails with a usage error if a required option was not given. */
bool cmd_require(const char *option, const void *value, GError **error);

/* Fails with a usage error if this is not a valid group name. */
bool cmd_check_group(const char *group, GError **error);

/* `values`, or an empty list if it is NULL. Never returns NULL. */
const char *const *cmd_list_of(char **values);

/* The same for directories, which may have blanks written as \040. They are decoded in place, so
 * call it only once. */
const char *const *cmd_directories(char **values);

/* The single addresses of a list in which each word may hold several, separated by commas. The
 * caller frees the list. */
char **cmd_split_addresses(char **values);

/* statd's sm directory: `given`, or the one that is found. The caller frees it. */
char *cmd_sm_dir(const char *given, GError **error);

/* Ends this process after `seconds` with the status for a timeout (124), whatever it hangs on. */
void cmd_end_after(const struct cmd *cmd, int seconds);

/* Prints a message for the person at the terminal, on stderr. */
void cmd_say(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Prints each text of the array, with two blanks and "WHAT: " before it. */
void cmd_print_texts(const char *what, JsonArray *array);

#endif
