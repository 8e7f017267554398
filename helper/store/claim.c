/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Whether the store still contains what this process wrote, and whether the group is still ours. */

#include "base/error.h"
#include "store/group_files.h"
#include "store/handle.h"

#include <string.h>
#include <sys/stat.h>

/* This check runs before the record of every first lock is written. So the file is read again
 * only if it is another file. */
static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec && a->st_size == b->st_size;
}

static bool claim_holds(const store *self, const group_state *state)
{
	return state != NULL && state->epoch == self->claim->epoch &&
	       g_str_equal(state->node, self->claim->node) &&
	       g_str_equal(state->boot, self->claim->boot);
}

void store_raise_alarm(store *self, const char *name, const char *what)
{
	g_ptr_array_add(self->alarms,
		g_strdup_printf(
			"'%s' in the store '%s' was changed or removed by somebody else while the group is served%s: find out who can write there; a client of a no_root_squash export can",
			name, self->path, what));
}

static bool same_state(const group_state *a, const group_state *b)
{
	g_autofree char *first = group_state_format(a);
	g_autofree char *second = group_state_format(b);

	return g_str_equal(first, second);
}

/* A takeover by another node never leaves a state like this, so the state is corrected. */
static bool restore_state(store *self, GError **error)
{
	store_raise_alarm(self, "state", ", and was corrected");
	memset(&self->claimed, 0, sizeof(self->claimed));
	if (group_files_save_state(self->dir_fd, self->claim, error))
		return true;
	g_prefix_error(error, "store '%s': ", self->path);
	return false;
}

bool store_check_claim(store *self, GError **error)
{
	GError *local_error = NULL;
	struct stat identity;
	bool identified;
	g_autoptr(group_state) state = NULL;

	if (self->claim == NULL)
		return true;
	identified = group_files_identify_state(self->dir_fd, &identity);
	if (identified && is_same_file(&identity, &self->claimed))
		return true;
	state = store_load_state(self, &local_error);
	if (state == NULL && !self->claim_doubtful && group_files_state_is_broken(self->dir_fd)) {
		g_clear_error(&local_error);
		return restore_state(self, error);
	}
	if (local_error != NULL) {
		g_propagate_error(error, local_error);
		return false;
	}
	if (claim_holds(self, state)) {
		if (!self->claim_doubtful && !same_state(state, self->claim))
			return restore_state(self, error);
		/* This is the file that was read, or an earlier one that has been replaced. In
		 * the second case, the next check reads the file again. */
		if (identified)
			self->claimed = identity;
		return true;
	}
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_OWNER,
		"the store '%s' has been taken over by node '%s' since: this node must not serve its group any more",
		self->path, state != NULL ? state->node : "unknown");
	return false;
}

static bool text_is_ours(store *self, enum store_text which)
{
	g_autoptr(GBytes) found = NULL;
	g_autofree char *checksum = NULL;
	struct stat identity;

	if (self->texts[which] == NULL)
		return true;
	if (!group_files_identify_text(self->dir_fd, which, &identity))
		return false;
	if (is_same_file(&identity, &self->text_files[which]))
		return true;
	found = group_files_load_text(self->dir_fd, which, NULL);
	if (found != NULL)
		checksum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, found);
	self->text_files[which] = identity;
	return g_strcmp0(checksum, self->texts[which]) == 0;
}

guint store_check_texts(store *self)
{
	guint changed = 0;

	for (int i = 0; i < STORE_TEXT_COUNT; i++) {
		if (text_is_ours(self, (enum store_text)i))
			continue;
		changed |= 1U << i;
		store_raise_alarm(self, group_files_text_name((enum store_text)i), "");
		/* Each change is reported once. */
		g_clear_pointer(&self->texts[i], g_free);
	}
	return changed;
}

bool store_check_clients(store *self)
{
	g_autoptr(GPtrArray) changed = g_ptr_array_new();

	if (self->claim == NULL)
		return true;
	store_check_kind(self);
	self->ops->find_changed(self->backend, changed);
	for (guint i = 0; i < changed->len; i++)
		store_raise_alarm(self, g_ptr_array_index(changed, i),
			", and what statd and this process know is recorded again");
	return changed->len == 0;
}

GPtrArray *store_take_alarms(store *self)
{
	GPtrArray *alarms = self->alarms;

	self->alarms = g_ptr_array_new_with_free_func(g_free);
	return alarms;
}
