/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_SM_DIR_H
#define LOCKFERRY_NSM_SM_DIR_H

/*
 * rpc.statd's `sm` directory, which has one file for each monitored client.
 *
 * Order of calls: sm_dir_find(), or a path from the administrator -> sm_dir_open() ->
 * sm_dir_scan(), sm_dir_read(), sm_dir_put(), sm_dir_take_back() -> sm_dir_close().
 *
 * The directory is opened once and used by descriptor. Links are never followed. Anything that is
 * not a regular file with a name and contents that statd could have written is ignored and
 * reported. The directory is in use by statd: it is never moved, cleared or waited for, and a file
 * may vanish or change at any time. Source: nfs-utils support/nsm/file.c.
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct sm_dir sm_dir;

/* One file of the directory. If the file could not be read, `records` is NULL and `problem` says
 * why. */
typedef struct sm_file {
	char *name;  /* owned; may contain any bytes if there is a problem with it */
	GBytes *raw; /* owned; its records as statd writes them; NULL if there is a problem */
	GPtrArray *records; /* owned; of sm_record, at least one */
	char *problem;      /* owned; NULL if there is none */
	char *damage; /* owned; what is wrong with lines that were skipped; NULL if none was */
	bool as_put;  /* statd has not changed it since it was put, see sm_dir_put() */
} sm_file;

void sm_file_free(sm_file *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sm_file, sm_file_free)

/*
 * Finds the directory where this node's statd keeps its records. A running statd shows it
 * (statd_sm_dir()). Otherwise it is `sm` in the directory that nfs.conf sets as `[statd]
 * state-directory-path` (this runs nfsconf and waits for it). Otherwise it is the first of
 * /var/lib/nfs/statd/sm and /var/lib/nfs/sm that exists. The caller frees the path. Returns NULL
 * with LF_ERROR_NOT_INSTALLED if none exists, or if the one that statd or nfs.conf names does not
 * exist.
 */
char *sm_dir_find(const char *proc_dir, GError **error);

/* Opens the directory at `path`. The error is LF_ERROR_NOT_INSTALLED if it does not exist, and
 * LF_ERROR_ARGUMENT if it is not a directory. */
sm_dir *sm_dir_open(const char *path, GError **error);
void sm_dir_close(sm_dir *dir);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sm_dir, sm_dir_close)

const char *sm_dir_path(const sm_dir *dir);

/* Returns the user as which statd runs, which is the owner of the directory. */
uid_t sm_dir_owner(const sm_dir *dir);

/* The visitor must free `file`. */
typedef void (*sm_dir_visit)(sm_file *file, void *data);

/*
 * Reads all files, one after the other. So only one file is in memory at a time, even of 100,000.
 * Files with a leading dot are skipped silently, and so is NAME.new if NAME exists: they are
 * temporary files of statd or Lockferry. A file that vanishes meanwhile is skipped as well. Returns
 * false with `error` only if the directory itself cannot be read.
 */
bool sm_dir_scan(sm_dir *dir, sm_dir_visit visit, void *data, GError **error);

/*
 * Reads one file. Returns NULL without an error if it does not exist (it may just have been
 * removed) or is a temporary file as above. Otherwise returns a sm_file, which may have a problem.
 * statd creates a file first and then writes it, so a file that is empty or cut off may be complete
 * after it is closed.
 */
sm_file *sm_dir_read(sm_dir *dir, const char *name);

/*
 * Conveys a file of records: makes the file `name` with the contents `raw`. Like statd's own files,
 * it has the directory's owner and mode 0600. It is durable (file and directory are synced).
 *
 * If the file exists, its lines stay, because what statd wrote is newer. It gets only the lines of
 * clients that it does not have yet. `*made` says whether a file was made or got lines. The file's
 * modification time is one that statd's files never have, see sm_dir_take_back(). A crash leaves
 * the file complete or missing, and at worst a temporary file (`.lockferry-*`) that nobody reads.
 *
 * Errors: LF_ERROR_ARGUMENT if statd would not use that name; others if `raw` does not consist of
 * records or if a step of the write fails. No temporary file stays then. If only the last step
 * failed, the sync of the directory, `*made` is true and the file stays. Put it again to make it
 * durable.
 */
bool sm_dir_put(sm_dir *dir, const char *name, GBytes *raw, bool *made, GError **error);

/* One of many files, with the arguments of sm_dir_put(). */
typedef struct sm_put {
	const char *name;
	GBytes *raw;
	bool made;     /* output */
	GError *error; /* output, freed by the caller; NULL on success */
} sm_put;

/* Does the same for many files, each independent of the others. This takes a fraction of the
 * time, because they wait for the disk together. */
void sm_dir_put_many(sm_dir *dir, sm_put *puts, guint count);

/*
 * Takes back files that were put: removes those of the files `names` (of char *) that statd has not
 * written since. Their names are added to `taken` (of owned char *).
 *
 * The file itself shows whether statd has written it, to any process and after any number of
 * reboots. sm_dir_put() gives it the first second of 1970 as its modification time. statd never
 * writes into an existing file but always makes a new one (nfs-utils support/nsm/file.c:
 * nsm_insert_monitored_host(), nsm_delete_host() and nsm_atomic_write()).
 *
 * statd may write at any moment and uses no lock. So a file is first moved aside, which can be
 * undone, and is checked there. If it is already another file, it is moved back. If statd has made
 * a new file in its place meanwhile, that file gets the lines of both. After a crash in between, or
 * if a step of this fails, the file stays aside (`.lockferry-aside-NAME`), and sm_dir_tidy() moves
 * it back or removes it. So nothing that statd wrote is ever lost.
 *
 * Returns false with the first error if some files could not be moved, or if the directory could
 * not be synced. The other files are still taken back. The filesystem must support
 * RENAME_NOREPLACE.
 */
bool sm_dir_take_back(sm_dir *dir, GPtrArray *names, GPtrArray *taken, GError **error);

/* Removes the temporary files of killed processes, or moves them back, as far as this is
 * possible. Files that a live process is still using stay. */
void sm_dir_tidy(sm_dir *dir);

#endif
