/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_EXPORT_LINES_H
#define LOCKFERRY_KEEPER_EXPORT_LINES_H

/*
 * What a group's own server exports: lines of exports(5), "DIR CLIENTS(OPTION,...) ...", separated
 * by newline or ';'. Empty lines and those that begin with '#' are passed over. exportfs(8) judges
 * the rest of their form. Pure.
 */

#include <glib.h>
#include <stdbool.h>

/*
 * Whether there is a line, each exports a directory in `directory` without "..", and none wants
 * what a group's own server cannot do yet: Kerberos (sec=krb5...), pNFS. Error (argument): the
 * message names the line.
 */
bool export_lines_check(const char *text, const char *directory, GError **error);

/* The first directory that is exported; NULL: none. The caller frees it. */
char *export_lines_first(const char *text);

/* The lines that say something, of owned char *; the caller unrefs it. */
GPtrArray *export_lines_split(const char *text);

/* What follows the directory in such a line, with the blanks before it. */
const char *export_lines_clients(const char *line);

/* The same as the contents of /etc/exports. The caller frees it. */
char *export_lines_to_file(const char *text);

#endif
