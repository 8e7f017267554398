/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_BASE_TEXT_H
#define LOCKFERRY_BASE_TEXT_H

/* Lines and words. Pure. */

#include <glib.h>

/*
 * Cut a line into its fields, blanks between them: the first `max` of them go into `fields`. How
 * many there are, but at most `max` + 1.
 */
gsize text_split(char *line, char **fields, gsize max);

/* The order of two texts by their bytes, each by a pointer to it: for g_ptr_array_sort() and
 * qsort(). */
int text_compare(const void *a, const void *b);

#endif
