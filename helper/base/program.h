/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_BASE_PROGRAM_H
#define LOCKFERRY_BASE_PROGRAM_H

/* Finds other programs. */

/* Returns the path of the program `name`. It searches PATH, then uses /usr/sbin, which the PATH
 * of an agent may not have. The caller frees it. */
char *program_find(const char *name);

#endif
