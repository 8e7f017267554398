/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NODE_NEIGHBOURS_H
#define LOCKFERRY_NODE_NEIGHBOURS_H

/*
 * The processes of the other groups that are served on this node: which groups they are, and what
 * each process reports over its socket (control/client.h). `group` is the group whose neighbours
 * are meant.
 */

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

/* Whether there is a neighbour, as far as this can be seen. */
bool neighbours_any(const char *run_dir, const char *group);

/* Whether there is a neighbour, or was one since the node booted. */
bool neighbours_since_boot(const char *run_dir, const char *group);

/* `status` is the neighbour's answer, or NULL if it does not answer within a second. */
typedef bool (*neighbours_test)(JsonObject *status, void *data);

/* Asks one neighbour after the other until one passes the test, and returns its name. Returns
 * NULL if none passes. The caller frees the name. Blocks. */
char *neighbours_find(const char *run_dir, const char *group, neighbours_test test, void *data);

#endif
