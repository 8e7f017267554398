/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_SERVER_FILES_H
#define LOCKFERRY_KEEPER_SERVER_FILES_H

/*
 * The files that nfs-utils finds in the mount namespace of a group's own server, and where: its
 * configuration (nfs.conf(5)), what is exported (exports(5)). The host's files are not used.
 */

#include "keeper/server_options.h"

#include <glib.h>
#include <stdbool.h>

#define SERVER_FILES_PIPEFS "/run/rpc_pipefs"
#define SERVER_FILES_STATE "/var/lib/nfs"
#define SERVER_FILES_STATD SERVER_FILES_STATE "/statd"
#define SERVER_FILES_SM SERVER_FILES_STATD "/sm"

/* What of the host's configuration counts for the group's server, too. Looked up outside of the
 * namespace: server_host_look() -> server_host_clear(). */
struct server_host {
	char *callout;     /* owned; what rpc.statd runs for each client; NULL: nothing is there */
	char *manage_gids; /* owned; rpc.mountd's setting; NULL: not set */
	uid_t statd_user;  /* that rpc.statd runs as */
	gid_t statd_group;
	uid_t rpcbind_user; /* that rpcbind runs as; root if nobody can tell */
	gid_t rpcbind_group;
};

void server_host_look(struct server_host *self, const char *proc_dir);
void server_host_clear(struct server_host *self);

/* The text of nfs.conf. The caller frees it. */
char *server_files_nfs_conf(const server_options *options, const struct server_host *host);

/* Where the rpc_pipefs filesystem is, within the namespace. */
const char *server_files_pipefs(const server_options *options);

/* nfsdcld's directory, in the store. The caller frees it. */
char *server_files_nfsdcld(const server_options *options);

/* Make that directory. Only once the group is ours: it is on the group's disk. */
bool server_files_make_nfsdcld(const server_options *options, GError **error);

/* What is exported: from the options, or from the file that they name. The caller frees it. NULL
 * with `error` (argument) if that file cannot be read. */
char *server_files_exports(const server_options *options, GError **error);

/* Write what is exported to `path` (/etc/exports), from the options or from the file that they
 * name. Error (argument): that file cannot be read, or says what a group's own server cannot do. */
bool server_files_write_exports(const server_options *options, const char *path, GError **error);

/* Write a text into a file, which is made. */
bool server_files_write(const char *path, const char *text, GError **error);

#endif
