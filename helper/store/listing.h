/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_LISTING_H
#define LOCKFERRY_STORE_LISTING_H

/*
 * The form of a text in the store that lists records. The heading is "lockferry KIND 1 NUMBER
 * COUNT", and COUNT lines follow it. NUMBER is the recovery or epoch to which the text belongs. For
 * another number, the text has no meaning. It is read completely or not at all.
 */

#include <glib.h>

/* `lines` (of char *) must not contain line feeds. Returns NULL if there are no lines. */
GBytes *listing_format(const char *kind, guint64 number, const GPtrArray *lines);

/* Returns the lines. Returns NULL if the text is of another kind, form or number, or is
 * incomplete. The caller frees them with g_strfreev(). */
GStrv listing_parse(GBytes *text, const char *kind, guint64 number);

#endif
