/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_FENCER_H
#define LOCKFERRY_TESTS_SIM_FENCER_H

/* A model of Pacemaker's fencer. It cuts the power of nodes. This takes time, may fail, and is
 * tried again. It keeps a history, as node/fencing.h reads it. */

#include "node.h"

void fencer_begin(void);
void fencer_end(void);

/* Has this node fenced, unless a fencing is already planned. */
void fencer_want(struct node *node, const char *why);
bool fencer_wants(const struct node *node);

/* The next fencings take `delay_us` longer, and `failures` of them fail. */
void fencer_hinder(gint64 delay_us, guint failures);

/* A node loses its power for any reason, so everything on it ends. It boots after
 * `boots_after_us`. */
void fencer_cut(struct node *node, gint64 boots_after_us);

#endif
