/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_BASE_TEXT_H
#define LOCKFERRY_BASE_TEXT_H

/* Lines and words. Pure. */

#include <glib.h>

/*
 * Splits a line at blanks, and puts the first `max` fields into `fields`. Returns the number of
 * fields, but at most `max` + 1.
 */
gsize text_split(char *line, char **fields, gsize max);

/* Sorts the texts, and returns the first of them for a message: "'a', 'b' and 3 more". The caller
 * frees it. */
#define TEXT_NAMED_MAX 10
char *text_name_some(GPtrArray *names);

/* For g_ptr_array_sort() and qsort(): compares two texts by their bytes. Each argument is a
 * pointer to a text. */
int text_compare(const void *a, const void *b);

/* A copy of the first `length` bytes at most, in which what is not printable ASCII is a '?': text
 * of others for a message. The caller frees it. */
char *text_printable(const char *text, gsize length);

/* "1 client", "2 clients" for the noun "client". The caller frees it. */
char *text_count(gint64 count, const char *noun);

#endif
