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
#include "store/terms.h"

#include <glib.h>
#include <stdbool.h>

typedef struct store store;

/*
 * Open the store in the directory `path`. `backend` is its kind ("files" or "sqlite"), NULL for
 * what is there, or files for a new one. Errors name the path and the cure: not installed when it
 * isn't there (an unmounted filesystem) or was written by another version, argument when the path
 * or the kind is wrong, privilege when others than root can change or replace it (store/trust.h;
 * who only reads is not refused), failed when somebody else is writing, or when there is the data
 * of a store without its kind: that is left as it is.
 */
store *store_open(const char *path, enum store_mode mode, const char *backend, GError **error);
void store_close(store *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(store, store_close)

const char *store_path(const store *self);

/* What was set right as it was opened to be written (of char *); the store's. */
GPtrArray *store_mended(const store *self);

/* Whether its path still leads to the directory that is open. */
bool store_check_place(store *self, GError **error);

/* The filesystem the store is on, as in struct stat's st_dev. */
dev_t store_device(const store *self);

/*
 * From store_save_state() on, the store is claimed for the owner and epoch of that state, and every
 * function that writes looks first whether it still is: in a filesystem that several nodes see
 * another may have taken the group over. Then they fail with LF_ERROR_NOT_OWNER and write nothing,
 * as does this one.
 */
bool store_check_claim(store *self, GError **error);

/*
 * Compare what the store holds of the group with what this process wrote last. Its state is set
 * right by every look at the claim: one that is missing, damaged or another of the same owner and
 * epoch is nobody's who took the group over. Of a text that somebody else changed or removed the
 * bit `1 << which` is set in what is returned: it is for the caller to save that again, or to be
 * saved by the next of its kind.
 */
guint store_check_texts(store *self);

/*
 * The same of its kind, which is set right, and of the records and the account of clients: false
 * where these were changed, and the caller must record and save them again. What was there at the
 * first call counts as right. Looks at every file.
 */
bool store_check_clients(store *self);

/* What was found changed by somebody else since the last call (of char *); the caller frees it. */
GPtrArray *store_take_alarms(store *self);

/*
 * What is written belongs to an epoch: that of the state from which it follows. While the store is
 * claimed, what is of another epoch fails with LF_ERROR_OUTDATED, and so does a state of an earlier
 * one: nothing older is ever written over newer. Only records are put in whatever epoch: one too
 * many does no harm. (A takeover writes its account and texts before the state that begins the new
 * epoch, so with the epoch that it ends.)
 */

/* The group's state; a store that has none yet gives NULL without an error. The caller frees it. */
group_state *store_load_state(store *self, GError **error);
bool store_save_state(store *self, const group_state *state, GError **error);

/*
 * Every client (an array of client that frees its elements). A record that cannot be taken is left
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
bool store_remove_clients(store *self, guint64 epoch, GPtrArray *files, GError **error);

/*
 * Save when clients were recorded and seen, and how far their recovery is: of all of them,
 * `clients`. Less is at stake than with records: a crash may bring the previous ones back, and a
 * client is told once more. Who may have lost locks in the recovery of this epoch is `lost` in the
 * account, for versions that know no other word, and named beside it. So are, while the recovery of
 * the state that claims the store is due, those that answered or asked for a lock in it.
 */
bool store_save_account(store *self, guint64 epoch, GPtrArray *clients, GError **error);

/* NULL without an error when there is none. Saving NULL removes it. */
GBytes *store_load_text(store *self, enum store_text which, GError **error);
bool store_save_text(
	store *self, guint64 epoch, enum store_text which, GBytes *text, GError **error);

/*
 * Make another kind of the store, in place and with nothing lost; it stays open, as that kind. One
 * that is of that kind already is left as it is. At every instant the directory holds a whole
 * store, of the one kind or the other; what a crash left beside it goes when this is done again. A
 * store with a record that cannot be taken is not converted. On an error it may be of no use any
 * more but to be closed.
 */
bool store_convert(store *self, const char *backend, GError **error);

const char *store_backend(const store *self);

#endif
