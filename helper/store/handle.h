/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_HANDLE_H
#define LOCKFERRY_STORE_HANDLE_H

/* An open store, for the files that work on one: store.c (opening it, the state,
 * clients and texts), directory.c, kind.c, claim.c (what somebody else changed) and convert.c. */

#include "store/backend.h"
#include "store/store.h"

#include <sys/stat.h>

struct store {
	char *path;
	int dir_fd;
	int lock_fd; /* -1 when opened to be read */
	dev_t device;
	GPtrArray *mended; /* owned; of owned char * */
	const struct backend_ops *ops;
	void *backend;       /* NULL while none is open */
	group_state *claim;  /* the state that was saved last; NULL: none was, by us */
	bool claim_doubtful; /* a save failed: what is on the disk may be the newer one */
	/* What was written last, to be compared; of a text a checksum, owned; NULL: not known */
	char *texts[STORE_TEXT_COUNT];
	struct stat text_files[STORE_TEXT_COUNT];
	GPtrArray *alarms;   /* owned; of owned char *; what somebody else changed */
	struct stat claimed; /* the file of a state that was seen to be of that claim */
};

/* Every kind there is; NULL at the end. */
extern const struct backend_ops *const store_backends[];

/* Error (argument): there's no such kind. */
const struct backend_ops *store_find_backend(const char *name, GError **error);

/* The kind written in the store, NULL in one that is still to be made. Error (not installed): there
 * is no store; (failed) there is the data of one. Asked before anything is written: the mount point
 * of a filesystem that isn't there stays empty. */
bool store_find_kind(store *self, enum store_mode mode, char **kind, GError **error);

/* Open the clients: of the kind that the store is, or of that wanted (NULL: the default). */
bool store_choose_backend(store *self, enum store_mode mode, const char *wanted, GError **error);

/* Set right what is written of its kind, if somebody else changed that. */
void store_check_kind(store *self);

/* Durably write which kind the store is: from then on it is that and no other. */
bool store_write_kind(store *self, const struct backend_ops *ops, GError **error);

/* Open the directory, which is made with STORE_CREATE. */
bool store_open_directory(store *self, enum store_mode mode, GError **error);

/* Against every other writer on the node. */
bool store_lock_directory(store *self, GError **error);

/* After a process that was killed: what it left half done goes, and what it did without getting to
 * the sync is on the disk before anything relies on it. */
bool store_tidy_directory(store *self, GError **error);

/* Somebody else changed that; `what`: more to say of it. For store_take_alarms(). */
void store_raise_alarm(store *self, const char *name, const char *what);

#endif
