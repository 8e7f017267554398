/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_TESTS_SCRATCH_H
#define LOCKFERRY_TESTS_SCRATCH_H

/*
 * A directory for one test, and a kernel made of files in it.
 *
 * Order of calls: scratch_new() -> any of the others -> scratch_free(), which removes everything.
 * Each failure ends the test.
 */

#include "kernel/kernel.h"

#include <glib.h>
#include <stdbool.h>

/* The line of a record in an sm directory, for the client MON_NAME. */
#define SCRATCH_RECORD(mon_name)                                                                   \
	"0100007f 000186b5 00000003 00000010 000cdda50c0000000070b67400000000 " mon_name " node1"  \
	"\n"

typedef struct scratch {
	char *path;
	GPtrArray *texts;     /* owned; the paths that were returned */
	GPtrArray *mounts;    /* owned; those of them that are mount points */
	struct kernel kernel; /* set by scratch_set_...() below; no server runs at first */
} scratch;

scratch *scratch_new(void);
void scratch_free(scratch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(scratch, scratch_free)

/* The path of `name` in the directory; owned by the scratch directory. */
const char *scratch_path(scratch *self, const char *name);

/* Makes a directory and its parents. Returns its path. */
const char *scratch_mkdir(scratch *self, const char *name);

/* Writes a file, and makes its parent directories. Replaces an existing file. */
void scratch_write(scratch *self, const char *name, const char *text);
void scratch_write_bytes(scratch *self, const char *name, const void *bytes, gsize length);

/* The text of a file; NULL if there is no such file. The caller frees it. */
char *scratch_read(scratch *self, const char *name);
bool scratch_has(scratch *self, const char *name);
void scratch_remove(scratch *self, const char *name);

/* The names in a directory, with dot files, sorted, each followed by a blank. The caller frees
 * it. */
char *scratch_list(scratch *self, const char *name);

/* Sets the number of nfsd's threads, and lockd's grace period ("Y": ended, "N": not ended; NULL: no
 * such file). */
void scratch_set_server(scratch *self, guint threads, const char *grace_ended);

/* Sets the thread lockd, with this process id and start time; 0: none. The former thread is
 * gone. */
void scratch_set_lockd(scratch *self, guint pid, guint start_ticks);
void scratch_set_boot(scratch *self, const char *boot_id);

/* A line of /proc/locks: a lock on the whole file with this inode number, on the filesystem that
 * holds `path`. The caller frees it. */
char *scratch_lock_line(const char *path, guint inode);
void scratch_set_locks(scratch *self, const char *text);

/* Runs the default main context until `done` returns true, for at most 60 s. Returns whether it
 * did. */
bool scratch_run_until(bool (*done)(void *data), void *data);

/* Enters a mount namespace, and makes `name` a filesystem of its own. Returns false if this is not
 * permitted. */
bool scratch_mount(scratch *self, const char *name);

#endif
