/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_FAKE_KEEPER_H
#define LOCKFERRY_TESTS_FAKE_KEEPER_H

/*
 * The keeper of a group's own NFS server (server/own.h), whose server is made of the files of a
 * scratch directory: a thread that answers at the keeper's socket. lockd 77@1000 runs all the time,
 * for other groups; each start of the server is another listener.
 *
 * fake_keeper_new() -> any of the others -> fake_keeper_free().
 */

#include "scratch.h"

typedef struct fake_keeper fake_keeper;

/* No server runs. `sm`: the directory in `in` whose names are noted at each start. */
fake_keeper *fake_keeper_new(scratch *in, const char *group, const char *sm);
void fake_keeper_free(fake_keeper *self);

/* What it was asked, a word for each with a blank after it, then nothing any more; a start has the
 * records that there were ("start-server 90(a,b) "). The caller frees it. */
char *fake_keeper_asked(fake_keeper *self);

/* From now on it fails to do what begins so, and says so; NULL: nothing. A stop that fails has
 * dropped the locks. */
void fake_keeper_fail(fake_keeper *self, const char *request);

/* The server, without its keeper: as root does it by hand. */
void fake_keeper_start_server(fake_keeper *self);
void fake_keeper_stop_server(fake_keeper *self);

#endif
