/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store_fixture.h"

#include "base/error.h"

#include <string.h>

static const char *const kinds[] = {"files", "sqlite"};

void store_set_up(store_fixture *self, gconstpointer kind)
{
	self->scratch = scratch_new();
	self->kind = kind;
	self->path = scratch_path(self->scratch, "store");
}

void store_tear_down(store_fixture *self, gconstpointer kind G_GNUC_UNUSED)
{
	scratch_free(self->scratch);
}

void store_add_each(const char *name, void (*function)(store_fixture *self, gconstpointer kind))
{
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autofree char *path = g_strdup_printf("/store/%s/%s", kinds[i], name);

		g_test_add(path, store_fixture, kinds[i], store_set_up, function, store_tear_down);
	}
}

store *open_store(const store_fixture *self, enum store_mode mode)
{
	g_autoptr(GError) error = NULL;
	store *opened = store_open(self->path, mode, self->kind, &error);

	g_assert_no_error(error);
	g_assert_nonnull(opened);
	return opened;
}

void assert_says(const GError *error, const char *says)
{
	if (strstr(error->message, says) == NULL)
		g_error("'%s' does not say '%s'", error->message, says);
}

void assert_refused(
	const char *path, enum store_mode mode, const char *kind, int code, const char *says)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(store_open(path, mode, kind, &error));
	g_assert_error(error, LF_ERROR, code);
	assert_says(error, says);
	assert_says(error, path);
}

GPtrArray *one_client(const char *file, const char *text)
{
	GPtrArray *clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
	g_autoptr(GBytes) raw = g_bytes_new(text, strlen(text));

	g_ptr_array_add(clients, client_new(file, raw, "unused", "unused"));
	return clients;
}

bool try_put(store *to, const char *file, const char *text, GError **error)
{
	g_autoptr(GPtrArray) clients = one_client(file, text);

	return store_put_clients(to, clients, error);
}

void put(store *to, const char *file, const char *text)
{
	g_autoptr(GError) error = NULL;
	bool done = try_put(to, file, text, &error);

	g_assert_no_error(error);
	g_assert_true(done);
}

bool has(store *from, const char *file, const char *text)
{
	g_autoptr(GBytes) raw = g_bytes_new(text, strlen(text));

	return store_has(from, file, raw);
}

GPtrArray *load_with_problems(store *from, guint count)
{
	g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	GPtrArray *clients = store_load_clients(from, STORE_WITH_RAW, problems, &error);

	g_assert_no_error(error);
	for (guint i = 0; i < problems->len; i++)
		g_test_message("%s", (char *)g_ptr_array_index(problems, i));
	g_assert_cmpuint(problems->len, ==, count);
	return clients;
}

GPtrArray *load(store *from)
{
	return load_with_problems(from, 0);
}

GPtrArray *load_anew(const store_fixture *self, enum store_mode mode)
{
	g_autoptr(store) from = open_store(self, mode);

	return load(from);
}

client *find(GPtrArray *clients, const char *file)
{
	for (guint i = 0; i < clients->len; i++) {
		client *entry = g_ptr_array_index(clients, i);

		if (strcmp(entry->file, file) == 0)
			return entry;
	}
	return NULL;
}

void assert_raw(GPtrArray *clients, const char *file, const char *text)
{
	const client *entry = find(clients, file);
	gsize length;
	const void *raw;

	g_assert_nonnull(entry);
	raw = g_bytes_get_data(entry->raw, &length);
	g_assert_cmpmem(raw, length, text, strlen(text));
}

void save_as(store *to, GPtrArray *clients, guint64 epoch, enum recovery recovery)
{
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < clients->len; i++)
		((client *)g_ptr_array_index(clients, i))->recovery = recovery;
	store_save_account(to, epoch, clients, &error);
	g_assert_no_error(error);
}

void save_epoch(store *to, guint64 epoch)
{
	g_autoptr(group_state) state = group_state_new("files", 1700000000);
	g_autoptr(GError) error = NULL;

	state->epoch = epoch;
	store_save_state(to, state, &error);
	g_assert_no_error(error);
}
