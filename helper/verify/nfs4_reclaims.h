/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_VERIFY_NFS4_RECLAIMS_H
#define LOCKFERRY_VERIFY_NFS4_RECLAIMS_H

/*
 * Which NFSv4 clients may reclaim, and which have state on the server: the records of nfsdcld,
 * which a group with an NFS server of its own has in its store. nfsd has a client recorded when it
 * opens its first file or has reclaimed all it had, and ends its grace period early when all are
 * back.
 *
 * Source: nfs-utils, utils/nfsdcld/sqlite.c: the database main.sqlite has a table `grace` with the
 * epochs `current` and `recovery` (0: no grace period runs), and a table of clients for each of
 * them, "rec-" and 16 hexadecimal digits. The id of a client is the name that it gives itself, with
 * a zero byte at its end.
 */

#include <glib.h>
#include <stdbool.h>

struct nfs4_reclaims {
	GPtrArray *expected; /* names of those that may reclaim; empty if no grace period runs */
	GPtrArray *present;  /* names of those that have state since nfsd's start; both owned */
};

/*
 * Reads them. False without an error if the store has no such database: the group has no server of
 * its own, or that has no NFSv4. Call nfs4_reclaims_clear() in any case. Waits for a writer for up
 * to a second. Errors: failed.
 */
bool nfs4_reclaims_read(struct nfs4_reclaims *self, const char *store, GError **error);
void nfs4_reclaims_clear(struct nfs4_reclaims *self);

/* The names of `expected` that are not in `present`, in that order; borrowed from `expected`. The
 * caller unrefs the array. */
GPtrArray *nfs4_reclaims_missing(const GPtrArray *expected, const GPtrArray *present);

#endif
