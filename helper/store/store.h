/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_STORE_H
#define LOCKFERRY_STORE_STORE_H

/*
 * The store: a service group's client list and state, in the group's own filesystem. The only truth
 * about the group.
 *
 * store_open() -> store_load_state(), store_load_clients() -> any of the others -> store_close(). A
 * store opened to be written is locked against every other writer on the node, and is used by one
 * thread at a time. What a function has reported as done survives a crash of the node, unless its
 * comment says otherwise.
 */

#include "group/client.h"
#include "group/state.h"

#include <glib.h>
#include <stdbool.h>

enum store_mode {
	STORE_READ,   /* it must be there; nothing is written */
	STORE_WRITE,  /* it must be there */
	STORE_CREATE, /* made if it isn't there: the directory's parent must be */
};

typedef struct store store;

/*
 * Open the store in the directory `path`. `backend` is its kind ("files" or "sqlite"), NULL for
 * what is there, or files for a new one. Errors name the path and the cure: not installed when it
 * isn't there (an unmounted filesystem) or was written by another version, argument when the path
 * or the kind is wrong, failed when somebody else is writing.
 */
store *store_open(const char *path, enum store_mode mode, const char *backend, GError **error);
void store_close(store *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(store, store_close)

const char *store_path(const store *self);

/* The filesystem the store is on, as in struct stat's st_dev. */
dev_t store_device(const store *self);

/*
 * From store_save_state() on, the store is claimed for the owner and epoch of that state, and every
 * function that writes looks first whether it still is: in a filesystem that several nodes see
 * another may have taken the group over. Then they fail with LF_ERROR_NOT_OWNER and write nothing,
 * as does this one.
 */
bool store_check_claim(store *self, GError **error);

/* The group's state; a store that has none yet gives NULL without an error. The caller frees it. */
group_state *store_load_state(store *self, GError **error);
bool store_save_state(store *self, const group_state *state, GError **error);

/* Whether clients come with their raw records, several times as large as the rest of them. */
enum store_raw { STORE_WITHOUT_RAW, STORE_WITH_RAW };

/*
 * Every client (an array of client that frees its elements). A record that can't be taken is left
 * in the store and named in `problems` (an array of char * that the caller made; may be NULL); the
 * others are still given.
 */
GPtrArray *store_load_clients(store *self, enum store_raw raw, GPtrArray *problems, GError **error);

/* The raw record of one client. NULL with `error` when there's none, too. */
GBytes *store_load_record(store *self, const char *file, GError **error);

/* Whether the store has this very record, durably. When in doubt, it hasn't. */
bool store_has(store *self, const char *file, GBytes *raw);

/* Record clients (of `clients`, an array of client) or replace their records. On an error none,
 * some or all are recorded. */
bool store_put_clients(store *self, GPtrArray *clients, GError **error);

/* Remove the records of these files (of char *); one that isn't there is no error. */
bool store_remove_clients(store *self, GPtrArray *files, GError **error);

/*
 * Save when clients were recorded and seen, and how far their recovery is: of all of them,
 * `clients`. Less is at stake than with records: a crash may bring the previous ones back, and a
 * client is told once more.
 */
bool store_save_account(store *self, GPtrArray *clients, GError **error);

/* What a store holds beside the state and the clients: texts of lockd/lock_set.h and
 * net/connections.h. */
enum store_text {
	STORE_LOCKS_NOTED,    /* when the group was last frozen or stopped; after a crash, what had
				 been recorded */
	STORE_LOCKS_RECORDED, /* from time to time while it is served */
	STORE_CONNECTIONS, /* both when it was last frozen or stopped, and while it is served: the
			      newest */
	STORE_TEXT_COUNT
};

/* NULL without an error when there is none. Saving NULL removes it. */
GBytes *store_load_text(store *self, enum store_text which, GError **error);
bool store_save_text(store *self, enum store_text which, GBytes *text, GError **error);

/*
 * Make another kind of the store, in place and with nothing lost; it stays open, as that kind. One
 * that is of that kind already is left as it is. At every instant the directory holds a whole
 * store, of the one kind or the other; what a crash left beside it goes when this is done again. A
 * store with a record that can't be taken is not converted. On an error it may be of no use any
 * more but to be closed.
 */
bool store_convert(store *self, const char *backend, GError **error);

const char *store_backend(const store *self);

#endif
