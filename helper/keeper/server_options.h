/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_SERVER_OPTIONS_H
#define LOCKFERRY_KEEPER_SERVER_OPTIONS_H

/*
 * What `lockferry server start` is asked for: the NFS server of one group, in namespaces of its
 * own. It is written to RUN_DIR/server/GROUP.conf before anything is made, so that whoever must
 * clean up later knows what to look for.
 *
 * server_options_new() -> the command sets members -> server_options_check() -> save. Or
 * server_options_load(). Texts are owned, and NULL when not given; lists are NULL-terminated, and
 * NULL when not given.
 */

#include "kernel/kernel.h"

#include <glib.h>
#include <stdbool.h>

/* The longest file that is accepted. */
#define SERVER_OPTIONS_MAX_BYTES (256 * 1024)

typedef struct server_options {
	char *group;
	char *directory;  /* the mount point of the group's filesystem, without links */
	char **addresses; /* each with a prefix length */
	char *exports;    /* lines of exports(5), separated by newline or ';' */
	char *exports_file;
	char *nic;
	char *link;
	char *firewall; /* "auto", "none", or an nftables file */
	char **gateways;
	char *versions; /* "3 4.1 4.2" */
	char *scope;    /* the host name of the server */
	char **names;
	char *store;
	char *backend;
	char *node;
	char *require_fencing;
	char *early_grace_end;
	char *metrics;
	int threads;
	int grace_s; /* 0: auto */
	int lease_s;
	int mountd_port;
	int statd_port;
	int lockd_port;
	int record_timeout_s;
	char *on_hang; /* "fence" or "warn" */
	int hang_timeout_s;
	char **devices; /* the filesystems: "MAJOR:MINOR PATH", the first at `directory` */
	char *run_dir;
	/* For tests: the kernel's files; NULL: its own. */
	char *nfsd_dir;
	char *lockd_dir;
	char *proc_dir;
	char *rpc_nfsd;
	char *pipefs_dir;
} server_options;

/* With the defaults of all numbers. */
server_options *server_options_new(void);
void server_options_free(server_options *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(server_options, server_options_free)

/* Whether all values have a valid form, and go together. Fills in `store`, `link`, `scope`,
 * `versions`. Looks at nothing on this node. Error: usage. */
bool server_options_check(server_options *self, GError **error);

/* As a text, and back. NULL with `error` (failed) if it is not one. The caller frees both. */
char *server_options_to_text(const server_options *self, gsize *length);
server_options *server_options_parse(const char *text, gsize length, GError **error);

/* The file of a group in `dir` (own_server_dir()). NULL without an error if there is none. */
bool server_options_save(const server_options *self, const char *dir, GError **error);
server_options *server_options_load(const char *dir, const char *group, GError **error);
void server_options_forget(const char *dir, const char *group);

/* Whether both ask for the same server. Exports and threads may differ: those can be reloaded. */
bool server_options_same(const server_options *self, const server_options *other);

/* The kernel's files; borrows the texts. */
struct kernel server_options_kernel(const server_options *self);

/* After how many seconds a disk or a daemon that hangs is a problem; 0: it stays a warning. */
guint server_options_hang_limit(const server_options *self);

/* Whether the server speaks that version, "3" or "4". */
bool server_options_serves(const server_options *self, char version);

/* The address without its prefix length. The caller frees it. */
char *server_options_address(const char *with_prefix);

/* All addresses without their prefix lengths. The caller frees the list. */
char **server_options_addresses(const server_options *self);

#endif
