/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_STORE_STORE_H
#define LOCKFERRY_STORE_STORE_H

/*
 * The store: a service group's client list and state, in the group's own filesystem. It is the only
 * source of truth about the group.
 *
 * Order of calls: store_open() -> store_load_state(), store_load_clients() -> any of the others ->
 * store_close(). A store that is open for writing is locked against every other writer on the node.
 * Only one thread at a time may use it. Everything that a function has reported as done survives a
 * crash of the node, unless its comment says otherwise.
 */

#include "group/client.h"
#include "group/state.h"
#include "store/terms.h"

#include <glib.h>
#include <stdbool.h>

typedef struct store store;

/*
 * Opens the store in the directory `path`. `backend` is its kind ("files" or "sqlite"). NULL means
 * the kind of the existing store, or files for a new one. Errors name the path and the cure:
 *
 * - LF_ERROR_NOT_INSTALLED: the store does not exist (an unmounted filesystem), or another version
 *   of lockferry wrote it.
 * - LF_ERROR_ARGUMENT: the path or the kind is wrong.
 * - LF_ERROR_PRIVILEGE: users other than root can change or replace the store (store/trust.h). A
 *   reader is not refused.
 * - LF_ERROR_FAILED: another process is writing to the store, or the directory has the data of a
 *   store without its kind. Such data is not changed.
 */
store *store_open(const char *path, enum store_mode mode, const char *backend, GError **error);
void store_close(store *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(store, store_close)

/* The store that the directory `path`, which need not exist, is inside of; NULL: none. The caller
 * frees it. */
char *store_find_above(const char *path);

const char *store_path(const store *self);

/* What store_open() corrected when it opened the store for writing (of char *). The store owns
 * it. */
GPtrArray *store_mended(const store *self);

/* Whether the store's path still leads to the open directory. */
bool store_check_place(store *self, GError **error);

/* Writes to the store's disk what changes nothing but the time of the directory, and waits until it
 * is there: so a disk that hangs is noticed even if nothing else is written. */
bool store_prove_disk(store *self, GError **error);

/* The filesystem of the store, as st_dev of struct stat. */
dev_t store_device(const store *self);

/*
 * store_save_state() claims the store for the owner and epoch of the saved state. From then on,
 * every function that writes first checks that this claim still holds, because another node may
 * have taken the group over in a filesystem that several nodes see. In that case the writing
 * functions and this one fail with LF_ERROR_NOT_OWNER and write nothing.
 */
bool store_check_claim(store *self, GError **error);

/*
 * Compares what the store contains about the group with what this process wrote last.
 *
 * Every check of the claim also corrects the state. If the state is missing, is damaged, or differs
 * but has the same owner and epoch, no other node has taken the group over. If another program
 * changed or removed a text, the bit `1 << which` is set in the result. The caller must save that
 * text again, unless a later save replaces it anyway.
 */
guint store_check_texts(store *self);

/*
 * Does the same for the kind, the records and the account. It corrects the kind. It returns false
 * if the records or the account were changed; then the caller must record and save them again. The
 * records that store_load_clients() read before the store was claimed count as right. It looks at
 * every file.
 */
bool store_check_clients(store *self);

/* Returns what others changed since the last call (of char *). The caller frees it. */
GPtrArray *store_take_alarms(store *self);

/*
 * Everything that is written belongs to the epoch of the state from which it follows. While the
 * store is claimed, a write of another epoch fails with LF_ERROR_OUTDATED, and so does a state of
 * an earlier epoch. So nothing older ever replaces something newer. Only records are accepted in
 * any epoch, because an extra record does no harm. (A takeover writes its account and texts before
 * the state that begins the new epoch. So they have the epoch that ends.)
 */

/* Returns the group's state, or NULL without an error if the store has none yet. The caller
 * frees it. */
group_state *store_load_state(store *self, GError **error);
bool store_save_state(store *self, const group_state *state, GError **error);

/*
 * Returns all clients, in an array that owns them. A record that cannot be read stays in the store
 * and is named in `problems` (an array of char * that the caller made; may be NULL). The other
 * clients are still returned.
 */
GPtrArray *store_load_clients(store *self, enum store_raw raw, GPtrArray *problems, GError **error);

/* Returns the raw record of one client. Returns NULL with `error` if it cannot be read or does
 * not exist. */
GBytes *store_load_record(store *self, const char *file, GError **error);

/* Whether the store has exactly this record, durably. Returns false in case of doubt. */
bool store_has(store *self, const char *file, GBytes *raw);

/* Records the clients in `clients` (an array of client), or replaces their records. After an
 * error, none, some or all are recorded. */
bool store_put_clients(store *self, GPtrArray *clients, GError **error);

/* Removes the records of these files (of char *). A missing file is not an error. */
bool store_remove_clients(store *self, guint64 epoch, GPtrArray *files, GError **error);

/*
 * Saves the times at which clients were recorded and seen, and how far their recovery is. `clients`
 * must contain all clients. Losing this matters less than losing records: if a crash restores the
 * previous account, a client is notified once more.
 *
 * Clients that may have lost locks in the recovery of this epoch are `lost` in the account, for
 * versions that know no other word, and a text beside the account names them. While the recovery of
 * the state that claims the store is due, another text names the clients that answered or asked for
 * a lock in it.
 */
bool store_save_account(store *self, guint64 epoch, GPtrArray *clients, GError **error);

/* store_load_text() returns NULL without an error if there is no text. Saving NULL removes the
 * text. */
GBytes *store_load_text(store *self, enum store_text which, GError **error);
bool store_save_text(
	store *self, guint64 epoch, enum store_text which, GBytes *text, GError **error);

/*
 * Converts the store to another kind, in place and without loss. The store stays open, with the new
 * kind. If it already has that kind, nothing changes. At every instant the directory contains a
 * complete store of one kind or the other. The next conversion removes what a crash left beside it.
 * A store with a record that cannot be read is not converted. After an error, the only safe call
 * may be store_close().
 */
bool store_convert(store *self, const char *backend, GError **error);

const char *store_backend(const store *self);

#endif
