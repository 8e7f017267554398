/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_BASE_PROGRAM_H
#define LOCKFERRY_BASE_PROGRAM_H

/* Other programs that are run: where they are. */

/* The path of the program `name`: as PATH has it, else in /usr/sbin, which an agent's PATH may
 * lack. The caller frees it. */
char *program_find(const char *name);

#endif
