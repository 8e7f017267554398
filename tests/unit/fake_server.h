/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_FAKE_SERVER_H
#define LOCKFERRY_TESTS_FAKE_SERVER_H

/*
 * An NFS server made of the files of a scratch directory, which is stopped and started in the way
 * that the kernel's is: a 0 in its file `threads` ends the lock manager, and what the scratch
 * directory's kernel has for an rpc.nfsd starts the next one, in its grace period.
 *
 * fake_server_new() -> any of the others -> fake_server_free().
 */

#include "scratch.h"

typedef struct fake_server fake_server;

/* It runs 8 threads, and a lock manager; grace is over. */
fake_server *fake_server_new(scratch *in);
void fake_server_free(fake_server *self);

/* From now on the lock manager stays when the server is stopped. */
void fake_server_keep_lock_manager(fake_server *self);

/* The words that rpc.nfsd was run with, a line each time, then none any more; the caller frees it.
 */
char *fake_server_starts(fake_server *self);

/* Instead of starting it, rpc.nfsd does this (a line of sh). */
void fake_server_set_start(fake_server *self, const char *line);

#endif
