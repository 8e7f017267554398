/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_HANDLE_H
#define LOCKFERRY_STORE_HANDLE_H

/* An open store, for the files that implement it: store.c (opening it, the state, clients and
 * texts), directory.c, kind.c, claim.c (changes by others) and convert.c. */

#include "store/backend.h"
#include "store/store.h"

#include <sys/stat.h>

struct store {
	char *path;
	int dir_fd;
	int lock_fd; /* -1 if opened for reading */
	dev_t device;
	GPtrArray *mended; /* owned; of owned char * */
	const struct backend_ops *ops;
	void *backend;       /* NULL while none is open */
	group_state *claim;  /* the last state that we saved; NULL if we saved none */
	bool claim_doubtful; /* a save failed, so the state on the disk may be the newer one */
	/* What was written last, for comparisons. A text is kept as its checksum, which is
	 * owned; NULL if it is not known. */
	char *texts[STORE_TEXT_COUNT];
	struct stat text_files[STORE_TEXT_COUNT];
	GPtrArray *alarms;   /* owned; of owned char *; what others changed */
	struct stat claimed; /* the file of a state that was found to match the claim */
};

/* All kinds; NULL at the end. */
extern const struct backend_ops *const store_backends[];

/* Returns NULL with LF_ERROR_ARGUMENT if the kind is unknown. */
const struct backend_ops *store_find_backend(const char *name, GError **error);

/*
 * Reads the kind of the store. `*kind` is NULL for a store that has yet to be made. The error is
 * LF_ERROR_NOT_INSTALLED if there is no store, and LF_ERROR_FAILED if there is a store's data
 * without its kind. The caller asks before it writes anything, so the mount point of an unmounted
 * filesystem stays empty.
 */
bool store_find_kind(store *self, enum store_mode mode, char **kind, GError **error);

/* Whether a new store may be made here: not inside another store, because whoever moves or removes
 * the outer one does the same to the inner one. */
bool store_check_above(const store *self, GError **error);

/* Opens the clients. The kind is that of the store, or `wanted` for a new one (NULL means the
 * default). */
bool store_choose_backend(store *self, enum store_mode mode, const char *wanted, GError **error);

/* Corrects the `kind` file if another program changed it. */
void store_check_kind(store *self);

/* Writes the kind of the store durably. From then on the store has this kind and no other. */
bool store_write_kind(store *self, const struct backend_ops *ops, GError **error);

/* Opens the directory. STORE_CREATE makes it first. */
bool store_open_directory(store *self, enum store_mode mode, GError **error);

/* Locks the store against every other writer on the node. */
bool store_lock_directory(store *self, GError **error);

/* Cleans up after a process that was killed. Removes its unfinished work, and syncs its finished
 * work, so that it is on the disk before anything relies on it. */
bool store_tidy_directory(store *self, GError **error);

/* Notes for store_take_alarms() that another program changed `name`. `what` is appended to the
 * message. */
void store_raise_alarm(store *self, const char *name, const char *what);

#endif
