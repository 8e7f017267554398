/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Converts a store to another kind, in place.
 *
 * The data of the new kind is written beside the old data, read back and compared. Then the `kind`
 * file is switched, which is a single rename. Then the data of the old kind is removed. After a
 * crash before the switch, the store is unchanged, with some data beside it that no kind reads.
 * After a crash after the switch, the store is converted, and the old data is still beside it. The
 * next conversion removes such data first.
 */

#include "base/error.h"
#include "store/handle.h"

#include <string.h>

/* Everything that a store contains. */
struct contents {
	group_state *state;
	GPtrArray *clients;
	GBytes *texts[STORE_TEXT_COUNT];
};

static void contents_clear(struct contents *self)
{
	g_clear_pointer(&self->state, group_state_free);
	g_clear_pointer(&self->clients, g_ptr_array_unref);
	for (int i = 0; i < STORE_TEXT_COUNT; i++)
		g_clear_pointer(&self->texts[i], g_bytes_unref);
}

static bool load_clients(store *from, GPtrArray **clients, GError **error)
{
	g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);

	*clients = store_load_clients(from, STORE_WITH_RAW, problems, error);
	if (*clients == NULL)
		return false;
	if (problems->len == 0)
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"store '%s': %u of its entries cannot be converted, the first is: %s: correct or remove them first",
		store_path(from), problems->len, (const char *)g_ptr_array_index(problems, 0));
	return false;
}

static bool contents_load(struct contents *self, store *from, GError **error)
{
	GError *local_error = NULL;

	memset(self, 0, sizeof(*self));
	self->state = store_load_state(from, &local_error);
	for (int i = 0; local_error == NULL && i < STORE_TEXT_COUNT; i++)
		self->texts[i] = store_load_text(from, (enum store_text)i, &local_error);
	if (local_error == NULL && load_clients(from, &self->clients, &local_error))
		return true;
	g_propagate_error(error, local_error);
	contents_clear(self);
	return false;
}

static bool contents_save(const struct contents *self, store *to, GError **error)
{
	guint64 epoch = self->state != NULL ? self->state->epoch : 0;
	bool saved = store_put_clients(to, self->clients, error) &&
		     store_save_account(to, epoch, self->clients, error);

	for (int i = 0; saved && i < STORE_TEXT_COUNT; i++)
		saved = store_save_text(to, epoch, (enum store_text)i, self->texts[i], error);
	return saved && (self->state == NULL || store_save_state(to, self->state, error));
}

static bool same_bytes(GBytes *a, GBytes *b)
{
	return a == NULL || b == NULL ? a == b : g_bytes_equal(a, b);
}

static bool same_client(const client *a, const client *b)
{
	return g_str_equal(a->file, b->file) && same_bytes(a->raw, b->raw) &&
	       g_str_equal(a->mon_name, b->mon_name) && g_str_equal(a->my_name, b->my_name) &&
	       a->first_recorded == b->first_recorded && a->last_seen == b->last_seen &&
	       a->recovery == b->recovery;
}

/* Both arrays are sorted by file. */
static bool same_clients(GPtrArray *a, GPtrArray *b)
{
	bool same = a->len == b->len;

	for (guint i = 0; same && i < a->len; i++)
		same = same_client(g_ptr_array_index(a, i), g_ptr_array_index(b, i));
	return same;
}

static bool same_state(const group_state *a, const group_state *b)
{
	g_autofree char *first = a != NULL ? group_state_format(a) : NULL;
	g_autofree char *second = b != NULL ? group_state_format(b) : NULL;

	return g_strcmp0(first, second) == 0;
}

static bool open_backend(store *self, enum store_mode mode, GError **error)
{
	self->backend = self->ops->open(self->path, self->dir_fd, mode, error);
	if (self->backend == NULL)
		g_prefix_error(error, "store '%s': ", self->path);
	return self->backend != NULL;
}

/* Reads the store in the same way as the process that opens it next. */
static bool holds(store *self, const struct contents *expected, GError **error)
{
	struct contents found;
	bool same;

	if (!open_backend(self, STORE_WRITE, error) || !contents_load(&found, self, error))
		return false;
	same = same_clients(expected->clients, found.clients) &&
	       same_state(expected->state, found.state);
	for (int i = 0; i < STORE_TEXT_COUNT; i++)
		same = same && same_bytes(expected->texts[i], found.texts[i]);
	contents_clear(&found);
	if (!same)
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"store '%s': what was written as '%s' differs when it is read back: the store was not changed",
			self->path, self->ops->name);
	return same;
}

static void close_backend(store *self)
{
	if (self->backend != NULL)
		self->ops->close(self->backend);
	self->backend = NULL;
}

/* Removes the data of every kind except the store's own. */
static bool remove_leftovers(store *self, GError **error)
{
	for (gsize i = 0; store_backends[i] != NULL; i++) {
		if (store_backends[i] != self->ops &&
			!store_backends[i]->destroy(self->dir_fd, error)) {
			g_prefix_error(error, "store '%s': ", self->path);
			return false;
		}
	}
	return true;
}

/* Copies the contents of `from` to `to`, which has the same directory. `to` is open afterwards. */
static bool copy(store *from, store *to, GError **error)
{
	struct contents contents;
	bool done;

	if (!contents_load(&contents, from, error))
		return false;
	done = open_backend(to, STORE_CREATE, error) && contents_save(&contents, to, error);
	close_backend(to);
	done = done && holds(to, &contents, error);
	contents_clear(&contents);
	return done;
}

/* The texts are the same files for every kind, so what `from` saved is also valid for `to`. */
static void take_texts(store *to, store *from)
{
	for (int i = 0; i < STORE_TEXT_COUNT; i++) {
		if (from->texts[i] == NULL)
			continue;
		g_free(to->texts[i]);
		to->texts[i] = g_steal_pointer(&from->texts[i]);
		to->text_files[i] = from->text_files[i];
	}
}

bool store_convert(store *self, const char *backend, GError **error)
{
	store target = {.path = self->path, .dir_fd = self->dir_fd, .lock_fd = self->lock_fd};
	bool done;

	target.ops = store_find_backend(backend, error);
	if (target.ops == NULL || !remove_leftovers(self, error))
		return false;
	if (target.ops == self->ops)
		return true;
	done = copy(self, &target, error);
	take_texts(self, &target);
	if (done && !store_write_kind(self, target.ops, error)) {
		g_prefix_error(error, "store '%s': ", self->path);
		done = false;
	}
	group_state_free(target.claim);
	if (!done) {
		close_backend(&target);
		return false;
	}
	close_backend(self);
	self->ops = target.ops;
	self->backend = target.backend;
	return remove_leftovers(self, error);
}
