/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The kind of a store, and the list of all kinds. */

#include "base/durable.h"
#include "base/error.h"
#include "store/handle.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* This file names the kind of the store. It is written last when a store is made, so a crash
 * leaves either no store or a complete one. */
#define KIND_FILE "kind"
#define KIND_MAX_BYTES 64

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
		"'%s' is not a kind of store that this lockferry knows: use one of %s", name,
		known->str);
	return NULL;
}

/* `*kind` becomes NULL if the store has no kind yet. */
static bool read_kind(store *self, char **kind, GError **error)
{
	GError *local_error = NULL;
	g_autoptr(GBytes) bytes =
		durable_read(self->dir_fd, KIND_FILE, KIND_MAX_BYTES, &local_error);

	*kind = NULL;
	if (bytes != NULL) {
		gsize length;
		const char *text = g_bytes_get_data(bytes, &length);

		/* g_bytes_get_data() returns NULL for no bytes. */
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

static bool holds_store(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autoptr(GBytes) bytes =
		fd >= 0 ? durable_read(fd, KIND_FILE, KIND_MAX_BYTES, NULL) : NULL;
	bool found = false;

	for (gsize i = 0; bytes != NULL && store_backends[i] != NULL; i++) {
		g_autofree char *line = g_strconcat(store_backends[i]->name, "\n", NULL);
		g_autoptr(GBytes) kind = g_bytes_new(line, strlen(line));

		found = found || g_bytes_equal(bytes, kind);
	}
	if (fd >= 0)
		close(fd);
	return found;
}

char *store_find_above(const char *path)
{
	g_autofree char *dir = g_canonicalize_filename(path, "/");

	while (!g_str_equal(dir, "/")) {
		char *above = g_path_get_dirname(dir);

		g_free(dir);
		dir = above;
		if (holds_store(dir))
			return g_steal_pointer(&dir);
	}
	return NULL;
}

bool store_check_above(const store *self, GError **error)
{
	g_autofree char *above = store_find_above(self->path);

	if (above == NULL || holds_store(self->path))
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
		"cannot make the store '%s' inside the store '%s': name a directory of its own",
		self->path, above);
	return false;
}

/* A crash during the creation of a store leaves none of these. */
static bool is_blank(store *self, GError **error)
{
	static const char *const names[] = {"state", "account", "locks", "locks.recorded",
		"connections", "may_have_lost", "answers", "recoveries"};
	const char *found = NULL;

	for (gsize i = 0; found == NULL && i < G_N_ELEMENTS(names); i++) {
		if (faccessat(self->dir_fd, names[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			found = names[i];
	}
	for (gsize i = 0; found == NULL && store_backends[i] != NULL; i++)
		found = store_backends[i]->holds_clients(self->dir_fd);
	if (found == NULL)
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"the store '%s' has no '" KIND_FILE
		"' file, but '%s' has the data of a store: restore the file ('echo files >%s/" KIND_FILE
		"', or sqlite), or move the directory away to start with an empty store",
		self->path, found, self->path);
	return false;
}

bool store_find_kind(store *self, enum store_mode mode, char **kind, GError **error)
{
	if (!read_kind(self, kind, error)) {
		g_prefix_error(error, "cannot tell what kind of store '%s' is: ", self->path);
		return false;
	}
	if (*kind != NULL)
		return true;
	if (mode == STORE_CREATE)
		return is_blank(self, error);
	g_set_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED,
		"'%s' holds no store: mount the group's filesystem, or check the path", self->path);
	return false;
}

bool store_write_kind(store *self, const struct backend_ops *ops, GError **error)
{
	g_autofree char *line = g_strconcat(ops->name, "\n", NULL);

	return durable_replace(self->dir_fd, KIND_FILE, line, strlen(line), error);
}

bool store_choose_backend(store *self, enum store_mode mode, const char *wanted, GError **error)
{
	g_autofree char *kind = NULL;

	if (!store_find_kind(self, mode, &kind, error))
		return false;
	if (kind != NULL && wanted != NULL && !g_str_equal(kind, wanted)) {
		g_set_error(error, LF_ERROR, LF_ERROR_ARGUMENT,
			"the store '%s' is of kind '%s', not '%s': set the backend to '%s', or convert the store with 'lockferry convert'",
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
	/* An existing store is not made again if a part of it is missing. */
	if (kind != NULL && mode == STORE_CREATE)
		mode = STORE_WRITE;
	self->backend = self->ops->open(self->path, self->dir_fd, mode, error);
	if (self->backend == NULL) {
		g_prefix_error(error, "cannot open the store '%s': ", self->path);
		return false;
	}
	if (kind != NULL || store_write_kind(self, self->ops, error))
		return true;
	g_prefix_error(error, "cannot make the store '%s': ", self->path);
	return false;
}

void store_check_kind(store *self)
{
	g_autofree char *kind = NULL;

	if (!read_kind(self, &kind, NULL) || g_strcmp0(kind, self->ops->name) == 0)
		return;
	store_raise_alarm(self, KIND_FILE, ", and was corrected");
	store_write_kind(self, self->ops, NULL);
}
