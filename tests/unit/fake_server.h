/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_FAKE_SERVER_H
#define LOCKFERRY_TESTS_FAKE_SERVER_H

/*
 * A fake NFS server, made of files in a scratch directory. It is stopped and started as the
 * kernel's is: writing 0 to its file `threads` ends the lock manager, and the rpc.nfsd of the
 * scratch directory's kernel starts a new one, which begins its grace period.
 *
 * Order of calls: fake_server_new() -> any of the others -> fake_server_free().
 */

#include "scratch.h"

typedef struct fake_server fake_server;

/* Starts with 8 threads, and a lock manager whose grace period is over. */
fake_server *fake_server_new(scratch *in);
void fake_server_free(fake_server *self);

/* From now on the lock manager keeps running when the server is stopped. */
void fake_server_keep_lock_manager(fake_server *self);

/* Returns the arguments of rpc.nfsd, one line for each run, and forgets them. The caller frees the
 * text. */
char *fake_server_starts(fake_server *self);

/* rpc.nfsd starts the server, as at first. */
void fake_server_starts_well(fake_server *self);

/* rpc.nfsd runs this line of sh instead of starting the server. */
void fake_server_set_start(fake_server *self, const char *line);

#endif
