/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_RECORDER_CAPTURE_H
#define LOCKFERRY_RECORDER_CAPTURE_H

/*
 * A capture stores everything in statd's sm directory that the store does not have yet. It blocks
 * on the disk. It keeps no records in memory: it asks the store, which costs a read but no memory.
 * Only one thread at a time may use it.
 */

#include "nsm/sm_dir.h"
#include "store/store.h"

#include <glib.h>

struct capture {
	sm_dir *sm_dir; /* borrowed */
	store *store;   /* borrowed; only used by that thread */

	/*
	 * False at first. True after a failed capture of everything, or of files. In that case it
	 * is unknown what was stored, so until the next success all records are stored and reported
	 * again.
	 */
	bool all_untold;
	bool files_untold;

	/* If this is set, no new record is stored. Any thread may set it (g_atomic_int_set()).
	 * After clearing it, the caller must capture everything again. */
	gint full;
};

struct captured {
	/* Owned; the clients that were stored because they were new or had changed (of client,
	 * without their raw records). */
	GPtrArray *clients;
	/* Owned; the keys of those that do not prove that the client is back (set of char *): statd
	 * has not changed the record since it was conveyed; or a capture failed before, and it is
	 * not known which records have come since: of the whole directory, or of a file that has
	 * several. */
	GHashTable *unproven;
	/* Owned; the keys of the records that exist (of char *, see client_key()). */
	GPtrArray *seen;
	/* Owned; unless `whole`, the files of these records (of char *). */
	GPtrArray *seen_files;
	/* The whole directory was read, so records that are not in `seen` do not exist there. */
	bool whole;
	/* Owned; the keys of records that are in the store, but not in the files that were read (of
	 * char *). */
	GPtrArray *absent;
	/* Owned; files that were requested but do not exist (of char *). */
	GPtrArray *absent_files;
	/* Owned; for each file that is not a record, the reason (char *). Such files are ignored.
	 */
	GPtrArray *unusable;
	/* Owned; the names of these files (char *). */
	GPtrArray *unusable_files;
};

/* Captures every file of the directory, some at a time. `now` is in seconds since the epoch.
 * After an error, some may be stored. None is lost. */
bool capture_all(struct capture *self, gint64 now, struct captured *result, GError **error);

/* Captures the files with these names (a set of char *). Files that no longer exist are skipped. */
bool capture_files(struct capture *self, GHashTable *names, gint64 now, struct captured *result,
	GError **error);

/*
 * Removes the records with these keys (of char *) from the store, except those that exist in
 * statd's directory again. `removed` gets the keys of the removed records (owned char *). `epoch`
 * is the epoch of the decision, see store/store.h.
 */
bool capture_drop(
	struct capture *self, guint64 epoch, GPtrArray *keys, GPtrArray **removed, GError **error);

void captured_clear(struct captured *result);

#endif
