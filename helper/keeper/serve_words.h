/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_SERVE_WORDS_H
#define LOCKFERRY_KEEPER_SERVE_WORDS_H

#include "keeper/server_options.h"

/* The command line of the process of a group with its own server, which runs in its namespaces and
 * goes to the background once it has the group. The caller frees it. Pure. */
char **serve_words(const server_options *options, const char *program, guint timeout_s);

/* The command line that hands the group over in place of a process that has died: `lockferry stop`,
 * also in the namespaces. The caller frees it. Pure. */
char **handover_words(const server_options *options, const char *program, guint timeout_s);

#endif
