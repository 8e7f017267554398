/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/nfs4_clients.h"

#include "base/text.h"

#include <string.h>

#define CLIENTS_DIR "clients"

void nfs4_client_free(struct nfs4_client *self)
{
	if (self == NULL)
		return;
	g_free(self->address);
	g_free(self->name);
	g_free(self->status);
	g_free(self);
}

/* Without the quotes around it, where there are. */
static char *value_of(const char *text)
{
	gsize length = strlen(text);

	if (length >= 2 && text[0] == '"' && text[length - 1] == '"')
		return text_printable(text + 1, length - 2);
	return text_printable(text, length);
}

static void set_text(char **place, const char *value)
{
	g_free(*place);
	*place = value_of(value);
}

/* Keys that are not known are of another version. */
static void take(struct nfs4_client *self, const char *key, const char *value)
{
	guint64 number;
	gint64 seconds;

	if (g_str_equal(key, "address"))
		set_text(&self->address, value);
	else if (g_str_equal(key, "name"))
		set_text(&self->name, value);
	else if (g_str_equal(key, "status"))
		set_text(&self->status, value);
	else if (g_str_equal(key, "minor version") &&
		 g_ascii_string_to_unsigned(value, 10, 0, G_MAXUINT, &number, NULL))
		self->minor_version = (guint)number;
	else if (g_str_equal(key, "seconds from last renew") &&
		 g_ascii_string_to_signed(value, 10, 0, G_MAXINT64, &seconds, NULL))
		self->renewed_s = seconds;
}

struct nfs4_client *nfs4_client_parse(const char *text, gsize length)
{
	g_autofree char *copy = g_strndup(text, length);
	struct nfs4_client *self = g_new0(struct nfs4_client, 1);
	char *rest = copy, *line;
	bool is_one = false;

	self->renewed_s = -1;
	while ((line = strsep(&rest, "\n")) != NULL) {
		char *colon = strstr(line, ": ");

		if (colon == NULL)
			continue;
		*colon = '\0';
		is_one = is_one || g_str_equal(line, "clientid");
		take(self, line, colon + 2);
	}
	if (!is_one) {
		nfs4_client_free(self);
		return NULL;
	}
	self->address = self->address != NULL ? self->address : g_strdup("");
	self->name = self->name != NULL ? self->name : g_strdup("");
	self->status = self->status != NULL ? self->status : g_strdup("");
	return self;
}

static struct nfs4_client *read_client(const char *dir, const char *number)
{
	g_autofree char *path = g_build_filename(dir, number, "info", NULL);
	g_autofree char *text = NULL;
	gsize length;

	return g_file_get_contents(path, &text, &length, NULL) ? nfs4_client_parse(text, length)
							       : NULL;
}

GPtrArray *nfs4_clients_now(const struct kernel *kernel, guint *count)
{
	g_autofree char *path = g_build_filename(kernel->nfsd_dir, CLIENTS_DIR, NULL);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	g_autoptr(GPtrArray) clients =
		g_ptr_array_new_with_free_func((GDestroyNotify)nfs4_client_free);
	const char *name;

	*count = 0;
	if (dir == NULL)
		return NULL;
	while ((name = g_dir_read_name(dir)) != NULL) {
		struct nfs4_client *client =
			clients->len < NFS4_CLIENTS_READ_MAX ? read_client(path, name) : NULL;

		if (client != NULL)
			g_ptr_array_add(clients, client);
		if (client != NULL || clients->len >= NFS4_CLIENTS_READ_MAX)
			(*count)++;
	}
	return g_steal_pointer(&clients);
}
