/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CLUSTER_RELATIONS_H
#define LOCKFERRY_CLUSTER_RELATIONS_H

/* A directed graph of names. Pure. */

#include <glib.h>
#include <stdbool.h>

/* The map from each name to its successors. The caller unrefs it. */
GHashTable *relations_new(void);

void relations_add(GHashTable *self, const char *from, const char *to);

/* Whether `from` leads to `to`, over any number of steps. The path must not pass the names in
 * `avoid`; NULL: none. */
bool relations_lead(GHashTable *self, const char *from, const char *to, GHashTable *avoid);

#endif
