/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CHECK_EXPORT_TABLE_H
#define LOCKFERRY_CHECK_EXPORT_TABLE_H

/*
 * What is exported: the file `etab`, which exportfs(8) keeps in /var/lib/nfs. Each line is
 * "DIR<tab>CLIENTS(OPTION,OPTION,...)", where blanks, backslashes and the like in DIR are a
 * backslash and three octal digits. Pure. Source: nfs-utils support/export/xtab.c (xtab_write),
 * support/nfs/exports.c (putexportent).
 */

#include <glib.h>
#include <stdbool.h>

typedef struct exported {
	char *dir;      /* owned */
	char *clients;  /* owned: those that may mount it */
	char *fsid;     /* owned; its value; NULL: none */
	bool has_fsid;  /* with the option fsid=, whatever its value */
	bool is_signed; /* with the option sign_fh: its file handles are signed with nfsd's key */
} exported;

/* An array of exported that frees its elements. Lines that are none are left out. */
GPtrArray *export_table_parse(const char *text, gsize length);

#endif
