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
	char *dir;      /* owned: clients that may mount it */
	char *clients;  /* owned: those that may mount it */
	char *fsid;     /* owned; its value; NULL: none */
	bool has_fsid;  /* with the option fsid=, whatever its value */
	bool is_signed; /* with the option sign_fh: its file handles are signed with nfsd's key */
	bool crosses;   /* with the option crossmnt: clients see the filesystems that are mounted
			 * below it */
	const char *root_by; /* the option that lets root on a client be root here; NULL: none */
} exported;

/* Returns an array of struct exported that frees its elements. Invalid lines are left out. */
GPtrArray *export_table_parse(const char *text, gsize length);

/* The exports that exportfs(8) has recorded, in the files of nfs-utils below `root`. Empty if there
 * is no such file. */
GPtrArray *export_table_load(const char *root);

/* Whether clients can reach `path` through that export: it is below it, on the same filesystem or
 * on one that they may cross to. Paths that do not exist are compared by name. */
bool exported_shows(const exported *self, const char *path);

/* Whether both are the same directory, by any name. */
bool export_is_same_dir(const char *one, const char *other);

#endif
