/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_CHECK_EXPORT_TABLE_H
#define LOCKFERRY_CHECK_EXPORT_TABLE_H

/*
 * What is exported: the file `etab`, which exportfs(8) keeps in /var/lib/nfs. Each line is
 * "DIR<tab>CLIENTS(OPTION,OPTION,...)", where blanks, backslashes and the like in DIR are a
 * backslash and three octal digits. Source: nfs-utils support/export/xtab.c (xtab_write),
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
	bool crosses;   /* with the option crossmnt: clients see what is mounted below it, too */
	const char *root_by; /* the option by which root there is root here; NULL: none */
} exported;

/* An array of exported that frees its elements. Lines that are none are left out. */
GPtrArray *export_table_parse(const char *text, gsize length);

/* What exportfs(8) has said is exported, with the files of nfs-utils below `root`; empty where
 * there is no such file. */
GPtrArray *export_table_load(const char *root);

/* Whether clients come to `path` from there: it is below, on the same filesystem, or on another one
 * to which they may cross. By their names where they are not here. */
bool exported_shows(const exported *self, const char *path);

/* Whether both are one directory, by whatever name. */
bool export_is_same_dir(const char *one, const char *other);

#endif
