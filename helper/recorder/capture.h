/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_RECORDER_CAPTURE_H
#define LOCKFERRY_RECORDER_CAPTURE_H

/*
 * One capture: what statd's sm directory holds, beyond what is known, goes into the store. Blocks
 * on the disk.
 *
 * capture_known() once -> capture_all() or capture_files() any number of times. A capture is used
 * by one thread at a time.
 */

#include "nsm/sm_dir.h"
#include "store/store.h"

#include <glib.h>

struct capture {
	sm_dir *live;      /* borrowed */
	store *to;         /* borrowed */
	GHashTable *known; /* owned; what the store has: GBytes by file name */
};

struct captured {
	GPtrArray *
		clients; /* owned; those stored because they were new or not as known (of client) */
	GPtrArray *seen; /* owned; the files that are there and are records (of char *) */
	GPtrArray *absent; /* owned; files that were asked for, or are known, and are not there (of
			      char *) */
	GPtrArray *unusable; /* owned; files that are there and are no records, and why (char *);
				they were left alone */
};

void capture_init(struct capture *self, sm_dir *live, store *to);
void capture_clear(struct capture *self);

/* These (an array of client) are in the store already. */
void capture_know(struct capture *self, GPtrArray *clients);

/* Every file of the directory. `now` is in seconds since the epoch. On an error some may be stored;
 * none is lost. */
bool capture_all(struct capture *self, gint64 now, struct captured *result, GError **error);

/* The files of these names (a set of char *); one that has gone is passed over. */
bool capture_files(struct capture *self, GHashTable *names, gint64 now, struct captured *result,
	GError **error);

/*
 * Remove the records of these files (of char *) from the store, but for those whose file is there
 * after all. `removed` gets the names of the others (owned char *).
 */
bool capture_drop(struct capture *self, GPtrArray *files, GPtrArray **removed, GError **error);

void captured_clear(struct captured *result);

#endif
