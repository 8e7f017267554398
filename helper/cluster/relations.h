/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CLUSTER_RELATIONS_H
#define LOCKFERRY_CLUSTER_RELATIONS_H

/* A directed graph of names: what leads to what, over any number of steps. Pure. */

#include <glib.h>
#include <stdbool.h>

/* From each name to those that it leads to. The caller unrefs it. */
GHashTable *relations_new(void);

void relations_add(GHashTable *self, const char *from, const char *to);

/* `avoid`: names that the way does not lead through; NULL: none. */
bool relations_lead(GHashTable *self, const char *from, const char *to, GHashTable *avoid);

#endif
