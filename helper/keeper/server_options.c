/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/server_options.h"

#include "base/durable.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define SECTION "server"
#define SUFFIX ".conf"

enum kind { TEXT, NUMBER, LIST };

static const struct member {
	const char *key;
	gsize offset;
	enum kind kind;
	bool may_change; /* a running server can take another value */
} members[] = {
#define MEMBER(name, kind, may_change)                                                             \
	{                                                                                          \
#name, G_STRUCT_OFFSET(server_options, name), kind, may_change                     \
	}
	MEMBER(group, TEXT, false),
	MEMBER(directory, TEXT, false),
	MEMBER(addresses, LIST, false),
	MEMBER(exports, TEXT, true),
	MEMBER(exports_file, TEXT, true),
	MEMBER(nic, TEXT, false),
	MEMBER(link, TEXT, false),
	MEMBER(firewall, TEXT, false),
	MEMBER(gateways, LIST, false),
	MEMBER(versions, TEXT, false),
	MEMBER(scope, TEXT, false),
	MEMBER(names, LIST, false),
	MEMBER(store, TEXT, false),
	MEMBER(backend, TEXT, false),
	MEMBER(node, TEXT, false),
	MEMBER(require_fencing, TEXT, true),
	MEMBER(early_grace_end, TEXT, true),
	MEMBER(metrics, TEXT, false),
	MEMBER(threads, NUMBER, true),
	MEMBER(grace_s, NUMBER, false),
	MEMBER(lease_s, NUMBER, false),
	MEMBER(mountd_port, NUMBER, false),
	MEMBER(statd_port, NUMBER, false),
	MEMBER(lockd_port, NUMBER, false),
	MEMBER(record_timeout_s, NUMBER, true),
	MEMBER(on_hang, TEXT, true),
	MEMBER(hang_timeout_s, NUMBER, true),
	MEMBER(devices, LIST, true),
	MEMBER(run_dir, TEXT, false),
	MEMBER(nfsd_dir, TEXT, false),
	MEMBER(lockd_dir, TEXT, false),
	MEMBER(proc_dir, TEXT, false),
	MEMBER(rpc_nfsd, TEXT, false),
	MEMBER(pipefs_dir, TEXT, false),
#undef MEMBER
};

static void *member_of(const server_options *self, const struct member *member)
{
	return (char *)self + member->offset;
}

server_options *server_options_new(void)
{
	server_options *self = g_new0(server_options, 1);

	self->threads = 8;
	self->lease_s = 30;
	self->mountd_port = 20048;
	self->statd_port = 662;
	self->lockd_port = 4045;
	self->record_timeout_s = 2;
	self->hang_timeout_s = 60;
	return self;
}

void server_options_free(server_options *self)
{
	for (gsize i = 0; self != NULL && i < G_N_ELEMENTS(members); i++) {
		void *at = member_of(self, &members[i]);

		if (members[i].kind == TEXT)
			g_free(*(char **)at);
		else if (members[i].kind == LIST)
			g_strfreev(*(char ***)at);
	}
	g_free(self);
}

static void put_list(GKeyFile *file, const char *key, char **list)
{
	if (list != NULL)
		g_key_file_set_string_list(
			file, SECTION, key, (const char *const *)list, g_strv_length(list));
}

static void put(GKeyFile *file, const server_options *self, const struct member *member)
{
	void *at = member_of(self, member);

	if (member->kind == NUMBER)
		g_key_file_set_integer(file, SECTION, member->key, *(int *)at);
	else if (member->kind == LIST)
		put_list(file, member->key, *(char ***)at);
	else if (*(char **)at != NULL)
		g_key_file_set_string(file, SECTION, member->key, *(char **)at);
}

char *server_options_to_text(const server_options *self, gsize *length)
{
	g_autoptr(GKeyFile) file = g_key_file_new();

	for (gsize i = 0; i < G_N_ELEMENTS(members); i++)
		put(file, self, &members[i]);
	return g_key_file_to_data(file, length, NULL);
}

static bool get(GKeyFile *file, server_options *self, const struct member *member, GError **error)
{
	void *at = member_of(self, member);
	GError *reason = NULL;

	if (!g_key_file_has_key(file, SECTION, member->key, NULL))
		return true;
	if (member->kind == NUMBER)
		*(int *)at = g_key_file_get_integer(file, SECTION, member->key, &reason);
	else if (member->kind == LIST)
		*(char ***)at =
			g_key_file_get_string_list(file, SECTION, member->key, NULL, &reason);
	else
		*(char **)at = g_key_file_get_string(file, SECTION, member->key, &reason);
	if (reason == NULL)
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "%s", reason->message);
	g_error_free(reason);
	return false;
}

/* What every use of them relies on. */
static bool is_complete(const server_options *self)
{
	return self->group != NULL && self->directory != NULL && self->addresses != NULL &&
	       self->addresses[0] != NULL && self->run_dir != NULL && self->store != NULL &&
	       self->scope != NULL && self->versions != NULL;
}

server_options *server_options_parse(const char *text, gsize length, GError **error)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(server_options) self = server_options_new();
	g_autoptr(GError) reason = NULL;

	if (memchr(text, '\0', length) != NULL || length > SERVER_OPTIONS_MAX_BYTES ||
		!g_key_file_load_from_data(file, text, length, G_KEY_FILE_NONE, &reason)) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "it has an invalid form (%s)",
			reason != NULL ? reason->message : "too long, or not a text");
		return NULL;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(members); i++) {
		if (!get(file, self, &members[i], error))
			return NULL;
	}
	if (is_complete(self))
		return g_steal_pointer(&self);
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "it is not complete");
	return NULL;
}

static int open_dir(const char *dir, GError **error)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		lf_error_set_errno(error, LF_ERROR_FAILED, "cannot open '%s'", dir);
	return fd;
}

bool server_options_save(const server_options *self, const char *dir, GError **error)
{
	g_autofree char *name = g_strconcat(self->group, SUFFIX, NULL);
	gsize length;
	g_autofree char *text = server_options_to_text(self, &length);
	int fd = open_dir(dir, error);
	bool good = fd >= 0 && durable_replace(fd, name, text, length, error);

	if (fd >= 0)
		close(fd);
	return good;
}

server_options *server_options_load(const char *dir, const char *group, GError **error)
{
	g_autofree char *name = g_strconcat(group, SUFFIX, NULL);
	server_options *self = NULL;
	g_autoptr(GBytes) bytes = NULL;
	int fd;

	if (!g_file_test(dir, G_FILE_TEST_IS_DIR) || (fd = open_dir(dir, error)) < 0)
		return NULL;
	bytes = durable_read_optional(fd, name, SERVER_OPTIONS_MAX_BYTES, error);
	close(fd);
	if (bytes != NULL)
		self = server_options_parse(
			g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), error);
	if (bytes != NULL && self == NULL)
		g_prefix_error(error, "cannot read '%s/%s': ", dir, name);
	return self;
}

void server_options_forget(const char *dir, const char *group)
{
	g_autofree char *path = g_strdup_printf("%s/%s" SUFFIX, dir, group);

	g_unlink(path);
}

static bool is_same_list(char **one, char **other)
{
	return one == NULL || other == NULL
		       ? one == other
		       : g_strv_equal((const char *const *)one, (const char *const *)other);
}

bool server_options_same(const server_options *self, const server_options *other)
{
	for (gsize i = 0; i < G_N_ELEMENTS(members); i++) {
		const void *one = member_of(self, &members[i]);
		const void *two = member_of(other, &members[i]);
		bool same = false;

		switch (members[i].kind) {
		case TEXT:
			same = g_strcmp0(*(char *const *)one, *(char *const *)two) == 0;
			break;
		case NUMBER:
			same = *(const int *)one == *(const int *)two;
			break;
		case LIST:
			same = is_same_list(*(char **const *)one, *(char **const *)two);
			break;
		}
		if (!same && !members[i].may_change)
			return false;
	}
	return true;
}

struct kernel server_options_kernel(const server_options *self)
{
	struct kernel kernel = KERNEL_DEFAULT;

	if (self->nfsd_dir != NULL) {
		kernel.nfsd_dir = self->nfsd_dir;
		kernel.rpc_nfsd = NULL;
	}
	if (self->lockd_dir != NULL)
		kernel.lockd_dir = self->lockd_dir;
	if (self->proc_dir != NULL)
		kernel.proc_dir = self->proc_dir;
	if (self->rpc_nfsd != NULL)
		kernel.rpc_nfsd = self->rpc_nfsd;
	return kernel;
}

char *server_options_address(const char *with_prefix)
{
	const char *slash = strchr(with_prefix, '/');

	return slash != NULL ? g_strndup(with_prefix, (gsize)(slash - with_prefix))
			     : g_strdup(with_prefix);
}

char **server_options_addresses(const server_options *self)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	for (guint i = 0; self->addresses[i] != NULL; i++) {
		g_autofree char *address = server_options_address(self->addresses[i]);

		g_strv_builder_add(builder, address);
	}
	return g_strv_builder_end(builder);
}

bool server_options_serves(const server_options *self, char version)
{
	g_auto(GStrv) words = g_strsplit(self->versions, " ", -1);

	for (guint i = 0; words[i] != NULL; i++) {
		if (words[i][0] == version)
			return true;
	}
	return false;
}

guint server_options_hang_limit(const server_options *self)
{
	return g_strcmp0(self->on_hang, "warn") == 0 ? 0 : (guint)self->hang_timeout_s;
}
