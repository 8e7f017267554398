/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KERNEL_NFS4_CLIENTS_H
#define LOCKFERRY_KERNEL_NFS4_CLIENTS_H

/*
 * The NFSv4 clients of the NFS server of our network namespace, as nfsd shows them: a directory for
 * each in /proc/fs/nfsd/clients, with a file `info` of lines "KEY: VALUE". Texts of the client are
 * quoted there, with octal escapes (lib/seq_file.c, seq_quote_mem). Source: Linux
 * fs/nfsd/nfs4state.c, client_info_show(), since 5.3; lines that a version lacks are left out.
 */

#include "kernel/kernel.h"

struct nfs4_client {
	char *address; /* with the port, as the kernel has it */
	char *name;    /* as the client calls itself, with the kernel's escapes */
	char *status;  /* "confirmed", "unconfirmed", "courtesy", "expirable"; "" before 5.12 */
	guint minor_version; /* 0 to 2 */
	gint64 renewed_s;    /* seconds since it renewed its lease; -1: the kernel does not tell */
};

void nfs4_client_free(struct nfs4_client *self);

/* The contents of `info`; NULL where that is not such a file. What is not printable ASCII becomes a
 * '?'. Pure. */
struct nfs4_client *nfs4_client_parse(const char *text, gsize length);

/* Of so many clients the files are read. */
#define NFS4_CLIENTS_READ_MAX 1000

/*
 * All of them, as an array of struct nfs4_client that frees them, which the caller unrefs; NULL
 * where the kernel does not tell. `*count`: how many there are, which may be more than in the
 * array. A client that goes meanwhile is left out.
 */
GPtrArray *nfs4_clients_now(const struct kernel *kernel, guint *count);

#endif
