/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/store.h"

#include "error.h"
#include "store/durable.h"
#include "store/group_files.h"
#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Says which kind of store this is. Written last when a store is made, so that a crash leaves none
 * or a whole one. */
#define KIND_FILE "kind"
#define KIND_MAX_BYTES 64
#define LOCK_FILE ".lock"

const struct backend_ops *const store_backends[] = {&backend_files, &backend_sqlite, NULL};

const struct backend_ops *store_find_backend(const char *name, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);

	for (gsize i = 0; store_backends[i] != NULL; i++) {
		if (g_str_equal(store_backends[i]->name, name))
			return store_backends[i];
		g_string_append_printf(known, "%s%s", i > 0 ? ", " : "", store_backends[i]->name);
	}
	g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
		"'%s' is no kind of store this lockferry knows: take one of %s", name, known->str);
	return NULL;
}

static bool sync_directory(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool synced;

	if (fd < 0) {
		lf_error_set_errno(error, LF_ERROR_FAILED, "can't open '%s'", path);
		return false;
	}
	synced = durable_sync(fd, error);
	if (!synced)
		g_prefix_error(error, "'%s': ", path);
	close(fd);
	return synced;
}

static bool make_directory(const char *path, GError **error)
{
	g_autofree char *parent = g_path_get_dirname(path);

	/* Also when it was there: who made it may have been killed before he got to the sync. */
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return sync_directory(parent, error);
	if (errno == ENOENT)
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
			"there is no '%s' to make the store in: mount the group's filesystem, or "
			"create the directory",
			parent);
	else
		lf_error_set_errno(error, LF_ERROR_FAILED, "can't make the store '%s'", path);
	return false;
}

static bool open_directory(store *self, enum store_mode mode, GError **error)
{
	struct stat st;

	if (!g_path_is_absolute(self->path)) {
		g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
			"the store '%s' is not an absolute path: begin it with a slash",
			self->path);
		return false;
	}
	if (mode == STORE_CREATE && !make_directory(self->path, error))
		return false;
	self->dir_fd = open(self->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (self->dir_fd >= 0 && fstat(self->dir_fd, &st) == 0) {
		self->device = st.st_dev;
		return true;
	}
	if (errno == ENOENT)
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
			"there is no store '%s': mount the group's filesystem, or check the path",
			self->path);
	else
		lf_error_set_errno(
			error, LF_ERROR_ARGUMENT, "can't open the store '%s'", self->path);
	return false;
}

static bool lock_directory(store *self, GError **error)
{
	self->lock_fd =
		openat(self->dir_fd, LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (self->lock_fd < 0) {
		lf_error_set_errno(error, LF_ERROR_FAILED, "can't lock the store '%s'", self->path);
		return false;
	}
	if (flock(self->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (errno == EWOULDBLOCK)
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"another process is writing the store '%s': stop it first ('lockferry "
			"status' shows it)",
			self->path);
	else
		lf_error_set_errno(error, LF_ERROR_FAILED, "can't lock the store '%s'", self->path);
	return false;
}

/* After a process that was killed: what it left half done goes, and what it did without getting to
 * the sync is on the disk before anything relies on it. */
static bool tidy_directory(store *self, GError **error)
{
	durable_tidy(self->dir_fd);
	if (durable_sync(self->dir_fd, error))
		return true;
	g_prefix_error(error, "store '%s': ", self->path);
	return false;
}

/* The kind written in the store, NULL where it has none yet. */
static bool read_kind(store *self, char **kind, GError **error)
{
	GError *local_error = NULL;
	g_autoptr(GBytes) bytes =
		durable_read(self->dir_fd, KIND_FILE, KIND_MAX_BYTES, &local_error);

	*kind = NULL;
	if (bytes != NULL) {
		gsize length;
		const char *text = g_bytes_get_data(bytes, &length);

		/* The data of nothing is NULL. */
		*kind = g_strstrip(g_strndup(length > 0 ? text : "", length));
		return true;
	}
	if (g_error_matches(local_error, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
		g_clear_error(&local_error);
		return true;
	}
	g_propagate_error(error, local_error);
	return false;
}

/* Asked before anything is written: the mount point of a filesystem that isn't there stays empty.
 */
static bool find_kind(store *self, enum store_mode mode, char **kind, GError **error)
{
	if (!read_kind(self, kind, error)) {
		g_prefix_error(error, "can't tell what kind of store '%s' is: ", self->path);
		return false;
	}
	if (*kind != NULL || mode == STORE_CREATE)
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
		"'%s' holds no store: mount the group's filesystem, or check the path", self->path);
	return false;
}

bool store_write_kind(store *self, const struct backend_ops *ops, GError **error)
{
	g_autofree char *line = g_strconcat(ops->name, "\n", NULL);

	return durable_replace(self->dir_fd, KIND_FILE, line, strlen(line), error);
}

static bool choose_backend(store *self, enum store_mode mode, const char *wanted, GError **error)
{
	g_autofree char *kind = NULL;

	if (!find_kind(self, mode, &kind, error))
		return false;
	if (kind != NULL && wanted != NULL && !g_str_equal(kind, wanted)) {
		g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
			"the store '%s' is of kind '%s', not '%s': set the backend to '%s', or "
			"change the store by 'lockferry convert'",
			self->path, kind, wanted, kind);
		return false;
	}
	self->ops = store_find_backend(kind != NULL     ? kind
				       : wanted != NULL ? wanted
							: "files",
		error);
	if (self->ops == NULL) {
		g_prefix_error(error, "store '%s': ", self->path);
		return false;
	}
	/* One that was made whole is not made again where a part of it is missing. */
	if (kind != NULL && mode == STORE_CREATE)
		mode = STORE_WRITE;
	self->backend = self->ops->open(self->path, self->dir_fd, mode, error);
	if (self->backend == NULL) {
		g_prefix_error(error, "can't open the store '%s': ", self->path);
		return false;
	}
	if (kind != NULL || store_write_kind(self, self->ops, error))
		return true;
	g_prefix_error(error, "can't make the store '%s': ", self->path);
	return false;
}

store *store_open(const char *path, enum store_mode mode, const char *backend, GError **error)
{
	g_autoptr(store) self = g_new0(store, 1);
	g_autofree char *kind = NULL;

	self->path = g_strdup(path);
	self->dir_fd = -1;
	self->lock_fd = -1;
	if (!open_directory(self, mode, error))
		return NULL;
	if (!find_kind(self, mode, &kind, error))
		return NULL;
	if (mode != STORE_READ && (!lock_directory(self, error) || !tidy_directory(self, error)))
		return NULL;
	if (!choose_backend(self, mode, backend, error))
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

/* Asked before every first lock's record: the file is read again only where it is another one. */
static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static bool claim_holds(const store *self, const group_state *state)
{
	return state != NULL && state->epoch == self->claim->epoch &&
	       g_str_equal(state->node, self->claim->node) &&
	       g_str_equal(state->boot, self->claim->boot);
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
	if (local_error != NULL) {
		g_propagate_error(error, local_error);
		return false;
	}
	if (claim_holds(self, state)) {
		/* The one that was read, or one before it, which is not there any more. */
		if (identified)
			self->claimed = identity;
		return true;
	}
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_OWNER,
		"the store '%s' has been taken over by node '%s' since: this node must not serve "
		"its group any more",
		self->path, state != NULL ? state->node : "unknown");
	return false;
}

bool store_save_state(store *self, const group_state *state, GError **error)
{
	/* The epoch that is saved may be a new one: the one before it is what must still be there.
	 */
	if (!store_check_claim(self, error))
		return false;
	if (!group_files_save_state(self->dir_fd, state, error)) {
		prefix_path(self, error);
		return false;
	}
	group_state_free(self->claim);
	self->claim = group_state_copy(state);
	memset(&self->claimed, 0, sizeof(self->claimed));
	return true;
}

GPtrArray *store_load_clients(store *self, enum store_raw raw, GPtrArray *problems, GError **error)
{
	GPtrArray *clients = self->ops->load_clients(self->backend, raw, problems, error);

	if (clients == NULL)
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

bool store_put_clients(store *self, GPtrArray *clients, GError **error)
{
	if (!store_check_claim(self, error))
		return false;
	if (clients->len == 0 || self->ops->put_clients(self->backend, clients, error))
		return true;
	prefix_path(self, error);
	return false;
}

bool store_remove_clients(store *self, GPtrArray *files, GError **error)
{
	if (!store_check_claim(self, error))
		return false;
	if (files->len == 0 || self->ops->remove_clients(self->backend, files, error))
		return true;
	prefix_path(self, error);
	return false;
}

bool store_save_account(store *self, GPtrArray *clients, GError **error)
{
	if (!store_check_claim(self, error))
		return false;
	if (self->ops->save_account(self->backend, clients, error))
		return true;
	prefix_path(self, error);
	return false;
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

bool store_save_text(store *self, enum store_text which, GBytes *text, GError **error)
{
	if (!store_check_claim(self, error))
		return false;
	if (group_files_save_text(self->dir_fd, which, text, error))
		return true;
	prefix_path(self, error);
	return false;
}
