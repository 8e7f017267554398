/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CMD_SERVER_H
#define LOCKFERRY_CMD_SERVER_H

/* The commands of `lockferry server`: each a function as those of cmd/cmd.h, whose name has two
 * words. */

#include "cmd/cmd.h"
#include "keeper/server_options.h"

int cmd_server_start(const struct cmd *self, int argc, char **argv, GError **error);
int cmd_server_validate(const struct cmd *self, int argc, char **argv, GError **error);
int cmd_server_stop(const struct cmd *self, int argc, char **argv, GError **error);
int cmd_server_status(const struct cmd *self, int argc, char **argv, GError **error);
int cmd_server_enter(const struct cmd *self, int argc, char **argv, GError **error);
int cmd_server_reload(const struct cmd *self, int argc, char **argv, GError **error);
int cmd_server_keep(const struct cmd *self, int argc, char **argv, GError **error);

/* Print a result as --output-as says. Returns the exit status. */
int cmd_server_print(JsonObject *result, report_text text, GError **error);

/* The time of g_get_monotonic_time() in `timeout_s` seconds. A usage error if that is not
 * positive: 0. */
gint64 cmd_server_deadline_us(int timeout_s, GError **error);

#endif
