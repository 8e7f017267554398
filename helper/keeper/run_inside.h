/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_RUN_INSIDE_H
#define LOCKFERRY_KEEPER_RUN_INSIDE_H

/* Runs one of our own commands in the namespaces of a group's server. Its messages go to our
 * stderr. */

#include <glib.h>
#include <sys/types.h>

/* Blocks until the command has ended, and returns its exit status. `keeper` is a process in the
 * namespaces; `words[0]` is our program. Returns -1 with `error`: timeout if the command has not
 * ended at the deadline, and is told to end; failed if it was ended by a signal. */
int run_inside(pid_t keeper, char **words, gint64 deadline_us, GError **error);

#endif
