/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_LISTING_H
#define LOCKFERRY_STORE_LISTING_H

/*
 * The form of a text in the store that lists records: a heading "lockferry KIND 1 NUMBER COUNT",
 * then COUNT lines. NUMBER says which recovery or epoch the text belongs to: with another number it
 * says nothing. It is read whole or not at all.
 */

#include <glib.h>

/* `lines` (of char *) hold no line feed. NULL where there are none. */
GBytes *listing_format(const char *kind, guint64 number, const GPtrArray *lines);

/* The lines; NULL where the text is of another kind, another form or another number, or cut short.
 * The caller frees them by g_strfreev(). */
GStrv listing_parse(GBytes *text, const char *kind, guint64 number);

#endif
