/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/store.h"

#include "base/error.h"
#include "store/answers.h"
#include "store/group_files.h"
#include "store/handle.h"
#include "store/may_have_lost.h"
#include "store/trust.h"

#include <string.h>
#include <unistd.h>

store *store_open(const char *path, enum store_mode mode, const char *backend, GError **error)
{
	g_autoptr(store) self = g_new0(store, 1);
	g_autofree char *kind = NULL;

	self->path = g_strdup(path);
	self->dir_fd = -1;
	self->lock_fd = -1;
	self->mended = g_ptr_array_new_with_free_func(g_free);
	self->alarms = g_ptr_array_new_with_free_func(g_free);
	if (!store_open_directory(self, mode, error))
		return NULL;
	if (!store_find_kind(self, mode, &kind, error))
		return NULL;
	if (mode != STORE_READ && !trust_store(self->dir_fd, self->path, self->mended, error))
		return NULL;
	if (mode != STORE_READ &&
		(!store_lock_directory(self, error) || !store_tidy_directory(self, error)))
		return NULL;
	if (!store_choose_backend(self, mode, backend, error))
		return NULL;
	return g_steal_pointer(&self);
}

void store_close(store *self)
{
	if (self == NULL)
		return;
	if (self->backend != NULL)
		self->ops->close(self->backend);
	group_state_free(self->claim);
	g_ptr_array_unref(self->mended);
	g_ptr_array_unref(self->alarms);
	for (int i = 0; i < STORE_TEXT_COUNT; i++)
		g_free(self->texts[i]);
	if (self->lock_fd >= 0)
		close(self->lock_fd);
	if (self->dir_fd >= 0)
		close(self->dir_fd);
	g_free(self->path);
	g_free(self);
}

const char *store_path(const store *self)
{
	return self->path;
}

const char *store_backend(const store *self)
{
	return self->ops->name;
}

dev_t store_device(const store *self)
{
	return self->device;
}

GPtrArray *store_mended(const store *self)
{
	return self->mended;
}

static void prefix_path(const store *self, GError **error)
{
	g_prefix_error(error, "store '%s': ", self->path);
}

group_state *store_load_state(store *self, GError **error)
{
	GError *local_error = NULL;
	group_state *state = group_files_load_state(self->dir_fd, &local_error);

	if (local_error != NULL) {
		prefix_path(self, &local_error);
		g_propagate_error(error, local_error);
	}
	return state;
}

/* Jobs wait in a queue, so a write that was decided before a takeover may run after it. */
static bool is_of_epoch(const store *self, guint64 epoch, GError **error)
{
	if (self->claim == NULL || epoch == self->claim->epoch)
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_OUTDATED,
		"store '%s': this write belongs to epoch %" G_GUINT64_FORMAT
		", but the group is in epoch %" G_GUINT64_FORMAT ": it was skipped",
		self->path, epoch, self->claim->epoch);
	return false;
}

bool store_save_state(store *self, const group_state *state, GError **error)
{
	/* The new state may have a new epoch. The state on the disk must still have the previous
	 * one. */
	if (!store_check_claim(self, error))
		return false;
	if (self->claim != NULL && state->epoch < self->claim->epoch)
		return is_of_epoch(self, state->epoch, error);
	self->claim_doubtful = true;
	if (!group_files_save_state(self->dir_fd, state, error)) {
		prefix_path(self, error);
		return false;
	}
	self->claim_doubtful = false;
	group_state_free(self->claim);
	self->claim = group_state_copy(state);
	memset(&self->claimed, 0, sizeof(self->claimed));
	return true;
}

/*
 * The texts have what the account cannot express. If they are missing, clients that may have lost
 * nothing count as lost. That is the safe assumption. Clients that answered are notified again.
 */
static void take_texts_beside(store *self, GPtrArray *clients)
{
	g_autoptr(group_state) state = group_files_load_state(self->dir_fd, NULL);
	g_autoptr(GBytes) may_have_lost =
		group_files_load_text(self->dir_fd, STORE_MAY_HAVE_LOST, NULL);
	g_autoptr(GBytes) answers = group_files_load_text(self->dir_fd, STORE_ANSWERS, NULL);

	if (state != NULL && may_have_lost != NULL)
		may_have_lost_apply(may_have_lost, state->epoch, clients);
	if (state != NULL && answers != NULL)
		answers_apply(answers, state->state_number, clients);
}

/* From here on changes by others are found, also those before the first check. Until the store is
 * claimed its owner may be another node, which may change it. */
static void begin_watch(store *self)
{
	g_autoptr(GPtrArray) by_owner = g_ptr_array_new();

	if (self->lock_fd >= 0 && self->claim == NULL)
		self->ops->find_changed(self->backend, by_owner);
}

GPtrArray *store_load_clients(store *self, enum store_raw raw, GPtrArray *problems, GError **error)
{
	GPtrArray *clients;

	begin_watch(self);
	clients = self->ops->load_clients(self->backend, raw, problems, error);

	if (clients != NULL)
		take_texts_beside(self, clients);
	else
		prefix_path(self, error);
	return clients;
}

GBytes *store_load_record(store *self, const char *file, GError **error)
{
	GBytes *raw = self->ops->load_record(self->backend, file, error);

	if (raw == NULL)
		prefix_path(self, error);
	return raw;
}

bool store_has(store *self, const char *file, GBytes *raw)
{
	return self->ops->has(self->backend, file, raw);
}

/* Among the clients of a file, only one has `raw`. */
static GPtrArray *of_files(GPtrArray *clients)
{
	GPtrArray *files = g_ptr_array_sized_new(clients->len);

	for (guint i = 0; i < clients->len; i++) {
		client *entry = g_ptr_array_index(clients, i);

		if (entry->raw != NULL)
			g_ptr_array_add(files, entry);
	}
	return files;
}

bool store_put_clients(store *self, GPtrArray *clients, GError **error)
{
	g_autoptr(GPtrArray) files = NULL;

	if (!store_check_claim(self, error))
		return false;
	files = of_files(clients);
	if (files->len == 0 || self->ops->put_clients(self->backend, files, error))
		return true;
	prefix_path(self, error);
	return false;
}

bool store_remove_clients(store *self, guint64 epoch, GPtrArray *files, GError **error)
{
	if (!store_check_claim(self, error) || !is_of_epoch(self, epoch, error))
		return false;
	if (files->len == 0 || self->ops->remove_clients(self->backend, files, error))
		return true;
	prefix_path(self, error);
	return false;
}

/* Returns the progress for the account, which must not be ahead of what is certain. A client
 * that asked for a lock before it was notified from every address must still be notified. */
static enum recovery recovery_to_save(const client *entry)
{
	if (entry->recovery == RECOVERY_RECLAIMED && !client_has_heard(entry, entry->wanted))
		return RECOVERY_TOLD;
	return entry->recovery == RECOVERY_MAY_HAVE_LOST ? RECOVERY_LOST : entry->recovery;
}

static client *account_of(const client *entry)
{
	client *copy = client_copy(entry);

	copy->recovery = recovery_to_save(entry);
	return copy;
}

/* The progress of two clients of one file. If one of them is lost, the others must not hide it:
 * their progress is in the text beside the account (store/may_have_lost.h). */
static enum recovery worse(enum recovery a, enum recovery b)
{
	return recovery_is_unheard(a) || recovery_is_unheard(b) ? RECOVERY_LOST : MIN(a, b);
}

/* Makes one entry for each file: `lost` if one of its clients is, otherwise the least progress of
 * all of them. The clients of a file are adjacent. */
static GPtrArray *accounts_of(GPtrArray *clients)
{
	GPtrArray *accounts = g_ptr_array_new_full(clients->len, (GDestroyNotify)client_free);
	client *last = NULL;

	for (guint i = 0; i < clients->len; i++) {
		const client *entry = g_ptr_array_index(clients, i);

		if (last == NULL || !g_str_equal(last->file, entry->file)) {
			last = account_of(entry);
			g_ptr_array_add(accounts, last);
			continue;
		}
		last->recovery = worse(last->recovery, recovery_to_save(entry));
		last->first_recorded = MIN(last->first_recorded, entry->first_recorded);
		last->last_seen = MAX(last->last_seen, entry->last_seen);
	}
	return accounts;
}

GBytes *store_load_text(store *self, enum store_text which, GError **error)
{
	GError *local_error = NULL;
	GBytes *text = group_files_load_text(self->dir_fd, which, &local_error);

	if (local_error != NULL) {
		prefix_path(self, &local_error);
		g_propagate_error(error, local_error);
	}
	return text;
}

static void remember_text(store *self, enum store_text which, GBytes *text)
{
	if (text == NULL)
		return;
	self->texts[which] = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, text);
	if (!group_files_identify_text(self->dir_fd, which, &self->text_files[which]))
		memset(&self->text_files[which], 0, sizeof(self->text_files[which]));
}

bool store_save_text(
	store *self, guint64 epoch, enum store_text which, GBytes *text, GError **error)
{
	if (!store_check_claim(self, error) || !is_of_epoch(self, epoch, error))
		return false;
	g_clear_pointer(&self->texts[which], g_free);
	if (group_files_save_text(self->dir_fd, which, text, error)) {
		remember_text(self, which, text);
		return true;
	}
	prefix_path(self, error);
	return false;
}

/*
 * If there is nobody to name, the old text stays. It does no harm: a client in it counts only if
 * the account calls it lost, or if the state number is the same, and then the text is still true.
 */
static bool save_beside(
	store *self, guint64 epoch, enum store_text which, GBytes *text, GError **error)
{
	g_autofree char *checksum = NULL;

	if (text == NULL)
		return true;
	checksum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, text);
	return g_strcmp0(checksum, self->texts[which]) == 0 ||
	       store_save_text(self, epoch, which, text, error);
}

static bool save_texts_beside(store *self, guint64 epoch, GPtrArray *clients, GError **error)
{
	bool is_recovery = self->claim != NULL && self->claim->recovery_due;
	g_autoptr(GBytes) may_have_lost = may_have_lost_format(epoch, clients);
	g_autoptr(GBytes) answers =
		is_recovery ? answers_format(self->claim->state_number, clients) : NULL;

	return save_beside(self, epoch, STORE_MAY_HAVE_LOST, may_have_lost, error) &&
	       save_beside(self, epoch, STORE_ANSWERS, answers, error);
}

/* The account is saved last. So if a crash interrupts this, no client that may have lost nothing
 * is called lost. */
bool store_save_account(store *self, guint64 epoch, GPtrArray *clients, GError **error)
{
	g_autoptr(GPtrArray) accounts = accounts_of(clients);

	if (!store_check_claim(self, error) || !is_of_epoch(self, epoch, error) ||
		!save_texts_beside(self, epoch, clients, error))
		return false;
	if (self->ops->save_account(self->backend, accounts, error))
		return true;
	prefix_path(self, error);
	return false;
}
