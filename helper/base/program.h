/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_BASE_PROGRAM_H
#define LOCKFERRY_BASE_PROGRAM_H

/* Finds other programs. */

/* Returns the path of the program `name`. It searches PATH, then uses /usr/sbin, which the PATH
 * of an agent may not have. The caller frees it. */
char *program_find(const char *name);

/* Returns the command line `argv`, with the path of its program in place of the name. The caller
 * frees it with g_strfreev(). */
char **program_command_line(const char *const *argv);

#endif
