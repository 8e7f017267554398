/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NODE_NEIGHBOURS_H
#define LOCKFERRY_NODE_NEIGHBOURS_H

/*
 * The processes of the other groups that are served on this node: which there are, and what each
 * reports over its socket (control/client.h). `group` is the one whose neighbours they are.
 */

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

/* Whether there is any, as far as can be seen. */
bool neighbours_any(const char *run_dir, const char *group);

/* Whether there is any, or was since the node booted. */
bool neighbours_since_boot(const char *run_dir, const char *group);

/* `status`: what the neighbour answers; NULL when it does not answer within a second. */
typedef bool (*neighbours_test)(JsonObject *status, void *data);

/* Ask each in turn, until one passes the test: its name, which the caller frees; NULL: none does.
 * Blocks. */
char *neighbours_find(const char *run_dir, const char *group, neighbours_test test, void *data);

#endif
