/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SCRATCH_H
#define LOCKFERRY_TESTS_SCRATCH_H

/*
 * A directory of a test's own, and a kernel made of files in it.
 *
 * scratch_new() -> any of the others -> scratch_free(), which removes all of it. Every failure ends
 * the test.
 */

#include "kernel/kernel.h"

#include <glib.h>
#include <stdbool.h>

/* A line of an sm directory, of the client MON_NAME. */
#define SCRATCH_RECORD(mon_name)                                                                   \
	"0100007f 000186b5 00000003 00000010 000cdda50c0000000070b67400000000 " mon_name " node1"  \
	"\n"

typedef struct scratch {
	char *path;
	GPtrArray *texts;     /* owned; the paths that were given out */
	GPtrArray *mounts;    /* owned; those of them that are mounted */
	struct kernel kernel; /* for scratch_set_...() below; there's no server at first */
} scratch;

scratch *scratch_new(void);
void scratch_free(scratch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(scratch, scratch_free)

/* The path of something in it; owned by the scratch directory. */
const char *scratch_path(scratch *self, const char *name);

/* Make a directory, with its parents. Returns its path. */
const char *scratch_mkdir(scratch *self, const char *name);

/* Write a file, with its parent directories, in place of one that is there. */
void scratch_write(scratch *self, const char *name, const char *text);
void scratch_write_bytes(scratch *self, const char *name, const void *bytes, gsize length);

/* A file's text, NULL where there's none; the caller frees it. */
char *scratch_read(scratch *self, const char *name);
bool scratch_has(scratch *self, const char *name);
void scratch_remove(scratch *self, const char *name);

/* Names in a directory, dot files too, sorted, with a blank after each; the caller frees it. */
char *scratch_list(scratch *self, const char *name);

/* The kernel: nfsd's threads and lockd's grace period ("Y": ended, "N": not; NULL: no such file).
 */
void scratch_set_server(scratch *self, guint threads, const char *grace_ended);

/* A thread lockd of that process id, started at that tick; 0 for none. The one before it is gone.
 */
void scratch_set_lockd(scratch *self, guint pid, guint start_ticks);
void scratch_set_boot(scratch *self, const char *boot_id);

/* A lock on the whole of inode `inode` of the filesystem that holds `path`, as /proc/locks has it;
 * the caller frees it. */
char *scratch_lock_line(const char *path, guint inode);
void scratch_set_locks(scratch *self, const char *text);

/* Let the default main context run until `done` says so, 60 s at most: true when it did. */
bool scratch_run_until(bool (*done)(void *data), void *data);

/* Mounts are our own from now on, and `name` is a filesystem of its own. False where we may not. */
bool scratch_mount(scratch *self, const char *name);

#endif
