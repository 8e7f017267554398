/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/verification.h"

#include "base/error.h"
#include "kernel/lock_looks.h"
#include "node/filesystems.h"
#include "store/store.h"
#include "verify/file_search.h"

/* Limits for the search for the files of missing locks: names in each filesystem, and time. */
#define SEARCH_NAMES 100000
#define SEARCH_MS 2000

/* Inputs from the store */

/* On any other node no lock of the group is held, so all of them would be missing. */
static bool is_served_here(const struct verification *self, GError **error)
{
	const group_state *state = self->state;
	g_autofree char *boot = kernel_boot_id(self->kernel, error);

	if (boot == NULL)
		return false;
	if (state->phase != PHASE_RELEASED && g_str_equal(state->boot, boot))
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_RUNNING,
		"group '%s' is not served on this node: its store says that node '%s' had it last, phase %s",
		state->group, state->node, phase_name(state->phase));
	return false;
}

static bool load_state(struct verification *self, store *from, GError **error)
{
	GError *local_error = NULL;

	self->state = store_load_state(from, &local_error);
	if (local_error != NULL) {
		g_propagate_error(error, local_error);
		return false;
	}
	if (self->state == NULL) {
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_RUNNING,
			"the store '%s' has never been served", self->store);
		return false;
	}
	return (self->group == NULL ||
		       group_state_check_group(self->state, self->store, self->group, error)) &&
	       is_served_here(self, error);
}

static bool load_locks(struct verification *self, store *from, GError **error)
{
	GError *local_error = NULL;
	g_autoptr(GBytes) bytes = store_load_text(from, STORE_LOCKS_NOTED, &local_error);

	if (local_error != NULL) {
		g_propagate_error(error, local_error);
		return false;
	}
	if (bytes == NULL) {
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
			"the store '%s' has no lock set: none was noted before this node got the group",
			self->store);
		return false;
	}
	self->noted = lock_set_from_bytes(bytes, &self->note);
	self->all = self->noted != NULL ? lock_set_list(self->noted, NULL) : NULL;
	if (self->all != NULL && self->all->len == lock_set_size(self->noted))
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
		"the lock set in the store '%s' is damaged, or was noted by another version",
		self->store);
	return false;
}

static bool load(struct verification *self, GError **error)
{
	g_autoptr(store) from = store_open(self->store, STORE_READ, NULL, error);

	if (from == NULL || !load_state(self, from, error) || !load_locks(self, from, error))
		return false;
	self->clients = store_load_clients(from, STORE_WITHOUT_RAW, NULL, error);
	return self->clients != NULL;
}

/* Comparing */

/* The directories of the lock set come first, so that each filesystem keeps the name that it has in
 * the set. */
static GArray *find_filesystems(const struct verification *self, GError **error)
{
	g_autoptr(GPtrArray) directories = g_ptr_array_new();
	const char *last = NULL;

	for (guint i = 0; i < self->all->len; i++) {
		const struct lock *lock = g_ptr_array_index(self->all, i);

		/* The locks are sorted by directory. */
		if (g_strcmp0(last, lock->directory) != 0)
			g_ptr_array_add(directories, lock->directory);
		last = lock->directory;
	}
	g_ptr_array_add(directories, (char *)self->store);
	for (gsize i = 0; self->exports[i] != NULL; i++)
		g_ptr_array_add(directories, (char *)self->exports[i]);
	g_ptr_array_add(directories, NULL);
	return filesystems_at((const char *const *)directories->pdata, self->store, error);
}

#define LOOKS_MS 20000

static bool look(struct verification *self, GError **error)
{
	bool agreed;

	self->held = lock_looks_held(self->kernel, self->filesystems, self->state->lock_manager,
		self->noted, LOOKS_MS, &agreed, error);
	return self->held != NULL;
}

/* An incomplete set cannot prove that no lock is missing. */
static char *doubt_of(const struct verification *self)
{
	if (self->note.partial)
		return g_strdup(
			"when the set was noted, locks were held in places that were not looked at, and it is unknown whether they are back: see 'lockferry status' on the node that serves the group");
	return NULL;
}

static bool compare(struct verification *self, GError **error)
{
	self->filesystems = find_filesystems(self, error);
	if (self->filesystems == NULL || !look(self, error))
		return false;
	self->missing = lock_set_list(self->noted, self->held);
	self->added = lock_set_list(self->held, self->noted);
	self->doubt = doubt_of(self);
	return true;
}

/* The files of missing locks */

static bool is_on(const char *directory, dev_t device)
{
	dev_t of;

	return filesystems_device(directory, &of, NULL) && of == device;
}

/* The topmost directory of the filesystem that `directory` is in. The caller frees it. */
static char *top_of(const char *directory, dev_t device)
{
	char *top = g_strdup(directory);
	char *parent = g_path_get_dirname(top);

	while (!g_str_equal(parent, top) && is_on(parent, device)) {
		g_free(top);
		top = parent;
		parent = g_path_get_dirname(top);
	}
	g_free(parent);
	return top;
}

/* Searches below the group's exports on this filesystem; if there are none, the whole
 * filesystem. */
static void search_filesystem(
	const struct verification *self, file_search *search, const struct lock_filesystem *in)
{
	const char *const *list = self->exports;
	g_autofree char *top = NULL;
	bool exported = false;

	for (gsize i = 0; list[i] != NULL; i++) {
		if (!is_on(list[i], in->device))
			continue;
		file_search_below(search, list[i]);
		exported = true;
	}
	if (exported)
		return;
	top = top_of(in->directory, in->device);
	file_search_below(search, top);
}

static file_search *search_of(const struct verification *self, const struct lock *lock)
{
	for (guint i = 0; i < self->filesystems->len; i++) {
		if (g_str_equal(
			    g_array_index(self->filesystems, struct lock_filesystem, i).directory,
			    lock->directory))
			return g_ptr_array_index(self->searches, i);
	}
	return NULL;
}

static void search_files(struct verification *self)
{
	self->searches = g_ptr_array_new_with_free_func((GDestroyNotify)file_search_free);
	for (guint i = 0; i < self->filesystems->len; i++)
		g_ptr_array_add(self->searches, file_search_new(SEARCH_NAMES, SEARCH_MS));
	for (guint i = 0; i < self->missing->len; i++) {
		const struct lock *lock = g_ptr_array_index(self->missing, i);
		file_search *search = search_of(self, lock);

		if (search != NULL)
			file_search_want(search, lock->inode);
	}
	for (guint i = 0; i < self->filesystems->len; i++)
		search_filesystem(self, g_ptr_array_index(self->searches, i),
			&g_array_index(self->filesystems, struct lock_filesystem, i));
}

bool verification_run(struct verification *self, GError **error)
{
	if (!load(self, error) || !compare(self, error))
		return false;
	search_files(self);
	return true;
}

const char *verification_file(const struct verification *self, const struct lock *lock)
{
	const file_search *search = search_of(self, lock);

	return search != NULL ? file_search_path(search, lock->inode) : NULL;
}

/* It is not recorded which client holds which lock. A client that is still "recorded" after the
 * recovery came later, so none of the missing locks is its own. */
bool verification_may_have_lost(const struct verification *self, const client *entry)
{
	return entry->recovery != RECOVERY_RECLAIMED &&
	       (entry->recovery != RECOVERY_RECORDED || self->state->recovery_due);
}

JsonArray *verification_clients(const struct verification *self,
	bool (*wanted)(const struct verification *self, const client *entry))
{
	JsonArray *array = json_array_new();

	for (guint i = 0; i < self->clients->len; i++) {
		const client *entry = g_ptr_array_index(self->clients, i);
		JsonObject *object;

		if (!wanted(self, entry))
			continue;
		object = json_object_new();
		json_object_set_string_member(object, "mon_name", entry->mon_name);
		json_object_set_string_member(object, "recovery", recovery_name(entry->recovery));
		json_array_add_object_element(array, object);
	}
	return array;
}

void verification_clear(struct verification *self)
{
	g_clear_pointer(&self->doubt, g_free);
	g_clear_pointer(&self->searches, g_ptr_array_unref);
	g_clear_pointer(&self->added, g_ptr_array_unref);
	g_clear_pointer(&self->missing, g_ptr_array_unref);
	g_clear_pointer(&self->held, lock_set_free);
	g_clear_pointer(&self->filesystems, g_array_unref);
	g_clear_pointer(&self->all, g_ptr_array_unref);
	g_clear_pointer(&self->noted, lock_set_free);
	g_clear_pointer(&self->clients, g_ptr_array_unref);
	g_clear_pointer(&self->state, group_state_free);
}
