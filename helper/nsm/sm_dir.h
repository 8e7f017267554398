/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_SM_DIR_H
#define LOCKFERRY_NSM_SM_DIR_H

/*
 * rpc.statd's `sm` directory: one file a monitored client.
 *
 * sm_dir_find() or a path from the admin -> sm_dir_open() -> sm_dir_scan(), sm_dir_read(),
 * sm_dir_put(), sm_dir_take_back() -> sm_dir_close(). The directory is opened once and used by
 * descriptor; links are never followed; whatever in it is not a regular file with a name and a
 * content that statd could have written is left alone and reported. The directory is live: it is
 * never moved, cleared or waited on, and a file may go or change at any time. Source: nfs-utils
 * support/nsm/file.c.
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct sm_dir sm_dir;

/* One file of the directory. `records` is NULL where the file could not be taken, and `problem`
 * says why. */
typedef struct sm_file {
	char *name;         /* owned; any bytes when there is a problem with it */
	GBytes *raw;        /* owned; its records as statd writes them, NULL with a problem */
	GPtrArray *records; /* owned; of sm_record, at least one */
	char *problem;      /* owned; NULL when all is well */
	char *damage; /* owned; what is wrong with lines that were left out; NULL: all is taken */
	bool as_put;  /* statd has not changed it since it was put, see sm_dir_put() */
} sm_file;

void sm_file_free(sm_file *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sm_file, sm_file_free)

/*
 * Where this node's statd keeps its records. One that runs tells by itself (statd_sm_dir());
 * else it is `sm` in nfs.conf's `[statd] state-directory-path` (asked of nfsconf, which is waited
 * for) if set, else the first of /var/lib/nfs/statd/sm and /var/lib/nfs/sm that is there. The
 * caller frees the path. NULL with `error` (not installed) when none is, or the one that statd or
 * nfs.conf names isn't.
 */
char *sm_dir_find(const char *proc_dir, GError **error);

/* Open the directory at `path`. Error: not installed when it isn't there, argument when it isn't a
 * directory. */
sm_dir *sm_dir_open(const char *path, GError **error);
void sm_dir_close(sm_dir *dir);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sm_dir, sm_dir_close)

const char *sm_dir_path(const sm_dir *dir);

/* The user statd runs as: whose the directory is. */
uid_t sm_dir_owner(const sm_dir *dir);

/* `file` is the visitor's to free. */
typedef void (*sm_dir_visit)(sm_file *file, void *data);

/*
 * Read every file, one after the other: of 100,000 only the one at hand is in memory. Files with
 * leading dots are skipped silently, and so is NAME.new beside NAME: they are statd's or
 * Lockferry's own temporary ones. A file that vanishes meanwhile is left out. False with `error`
 * only if the directory itself cannot be read.
 */
bool sm_dir_scan(sm_dir *dir, sm_dir_visit visit, void *data, GError **error);

/*
 * Read one file. NULL when it isn't there (no error: it may just have gone), or is a temporary one
 * as above, else a sm_file, maybe with a problem. statd creates a file and then writes it, so one
 * that is empty or cut off may be whole when it is closed.
 */
sm_file *sm_dir_read(sm_dir *dir, const char *name);

/*
 * Convey a file of records: make the file `name` with the contents `raw`, with the directory's
 * owner and mode 0600 as statd's own files have, durably (file and directory are synced). A file
 * that is there already keeps its lines, for statd's own word is newer than ours, and gets those of
 * clients that it has none of: `*made` tells whether one was made, or got lines. Its time of last
 * change is that of no file of statd's, see sm_dir_take_back(). Killed half-way it leaves the file
 * whole or not there, and at worst a temporary one
 * (`.lockferry-*`) that nobody reads. Fails when the name is not one that statd would use
 * (argument), `raw` is not records, or a step of the write fails; no temporary file stays then.
 * Where only the last step failed, syncing the directory, `*made` is true and the file stays: put
 * it again to have it durable.
 */
bool sm_dir_put(sm_dir *dir, const char *name, GBytes *raw, bool *made, GError **error);

/* One of many, as the arguments of sm_dir_put(). */
typedef struct sm_put {
	const char *name;
	GBytes *raw;
	bool made;     /* set */
	GError *error; /* set, and the caller's to free; NULL: put */
} sm_put;

/* The same for many, each on its own, in a fraction of the time: they wait for the disk together.
 */
void sm_dir_put_many(sm_dir *dir, sm_put *puts, guint count);

/*
 * Take back records that were put: of the files `names` (of char *) those go that statd has not
 * written since. `taken` (of owned char *) gets their names. Whether it has, a file tells by
 * itself, to whatever process and however often the node was booted since: it was put with the
 * first second of 1970 as its time of last change, and statd never writes into a file that is
 * there, but always makes a new one (nfs-utils support/nsm/file.c: nsm_insert_monitored_host(),
 * nsm_delete_host() and nsm_atomic_write()).
 *
 * statd may write at any moment, and knows no lock. So a file is moved aside, which can be undone,
 * and looked at there: if it was another one by then, it is moved back. Where statd made one in its
 * place meanwhile, that gets the lines of both. Killed half-way, or where a step of that fails, the
 * file stays aside (`.lockferry-aside-NAME`), and sm_dir_tidy() brings it back or removes it; so
 * what statd wrote is never lost.
 *
 * False with `error`, that of the first, if some could not be moved, or the directory not be
 * synced; the others are taken back all the same. A filesystem must know RENAME_NOREPLACE.
 */
bool sm_dir_take_back(sm_dir *dir, GPtrArray *names, GPtrArray *taken, GError **error);

/* Remove what puts and takings back that were killed left of temporary files, or bring it back, as
 * far as that can be done. What is under way, by whatever process, stays. */
void sm_dir_tidy(sm_dir *dir);

#endif
