/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SIM_FENCER_H
#define LOCKFERRY_TESTS_SIM_FENCER_H

/* Pacemaker's fencer: power is taken from nodes, which takes its time, fails, and is done again. It
 * keeps a history, as node/fencing.h asks for it. */

#include "node.h"

void fencer_begin(void);
void fencer_end(void);

/* Have that node fenced, unless it is about to be. */
void fencer_want(struct node *node, const char *why);
bool fencer_wants(const struct node *node);

/* The next ones take that long on top, and so many fail. */
void fencer_hinder(gint64 delay_us, guint failures);

/* A node loses its power, whatever the reason: everything there ends. It boots after that time. */
void fencer_cut(struct node *node, gint64 boots_after_us);

#endif
