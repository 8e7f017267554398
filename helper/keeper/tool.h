/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_TOOL_H
#define LOCKFERRY_KEEPER_TOOL_H

/* Runs a program of the system (ip, exportfs, rpc.nfsd) with a time limit. Blocks. */

#include <glib.h>
#include <stdbool.h>

/*
 * `argv`: the program's name first, NULL last. `output` (may be NULL): what it wrote to stdout and
 * stderr; the caller frees it. Errors: not installed, timeout (it was killed), failed (it ended
 * with another status than 0; the message has what it wrote).
 */
bool tool_run(const char *const *argv, guint timeout_ms, char **output, GError **error);

/* Whether the program is on this node. Error: not installed. */
bool tool_is_there(const char *name, const char *package, GError **error);

#endif
