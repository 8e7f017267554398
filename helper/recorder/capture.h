/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_RECORDER_CAPTURE_H
#define LOCKFERRY_RECORDER_CAPTURE_H

/*
 * One capture: what statd's sm directory holds, and the store doesn't yet, goes into the store.
 * Blocks on the disk. It remembers no records: the store is asked, which costs a read and no
 * memory. Used by one thread at a time.
 */

#include "nsm/sm_dir.h"
#include "store/store.h"

#include <glib.h>

struct capture {
	sm_dir *sm_dir; /* borrowed */
	store *store;   /* borrowed; only the one thread's */

	/* False at first. A capture of all, or of files, failed: nobody knows what it stored all
	 * the same, so until the next that succeeds all are stored, and reported, again. */
	bool all_untold;
	bool files_untold;

	/* Nothing that the store has no record of is taken; set by any thread (g_atomic_int_set()).
	 * Whoever clears it asks for all again. */
	gint full;
};

struct captured {
	GPtrArray *clients; /* owned; those stored because they were new or had changed (of client,
			       without their raw records) */
	GHashTable *conveyed;  /* owned; the keys of those that are as they were conveyed, so that
				  statd's own word they are not (set of char *) */
	GPtrArray *seen;       /* owned; the keys of the records that are there (of char *, see
				  client_key()) */
	GPtrArray *seen_files; /* owned; unless `whole`, the files of these (of char *) */
	bool whole;            /* of all the directory: whatever was not seen is not there */
	GPtrArray *absent;     /* owned; the keys of records that the store has, and the files that
				  were looked at have not (of char *) */
	GPtrArray
		*absent_files; /* owned; files that were asked for and are not there (of char *) */
	GPtrArray *unusable;   /* owned; of files that are there and are not records, why (char *);
				  they were left alone */
	GPtrArray *unusable_files; /* owned; the names of these, too (char *) */
};

/* Every file of the directory, some at a time. `now` is in seconds since the epoch. On an error
 * some may be stored; none is lost. */
bool capture_all(struct capture *self, gint64 now, struct captured *result, GError **error);

/* The files of these names (a set of char *); one that has gone is passed over. */
bool capture_files(struct capture *self, GHashTable *names, gint64 now, struct captured *result,
	GError **error);

/*
 * Remove the records of these keys (of char *) from the store, but for those that are there after
 * all. `removed` gets the keys of the others (owned char *). `epoch`: that in which it
 * was decided, see store/store.h.
 */
bool capture_drop(
	struct capture *self, guint64 epoch, GPtrArray *keys, GPtrArray **removed, GError **error);

void captured_clear(struct captured *result);

#endif
