/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper/export_clients.h"

#include "keeper/export_lines.h"

#include <arpa/inet.h>
#include <string.h>

#define EVERYBODY "*"

/* What must be 0 in a network's address becomes 0. */
static void clear_after(guint8 *bytes, gsize count, guint prefix)
{
	for (gsize i = 0; i < count; i++) {
		guint left = prefix > i * 8 ? prefix - (guint)i * 8 : 0;

		if (left < 8)
			bytes[i] &= (guint8)(0xff00 >> left);
	}
}

/* The prefix length of a mask, as 255.255.255.0; -1: it has none. */
static int prefix_of_mask(const char *text)
{
	struct in_addr mask;
	guint32 bits;
	int prefix = 0;

	if (inet_pton(AF_INET, text, &mask) != 1)
		return -1;
	bits = ntohl(mask.s_addr);
	while (prefix < 32 && (bits & 0x80000000U) != 0) {
		bits <<= 1;
		prefix++;
	}
	return bits == 0 ? prefix : -1;
}

static int prefix_of(const char *text, int family)
{
	guint64 prefix;

	if (text == NULL)
		return family == AF_INET ? 32 : 128;
	if (g_ascii_string_to_unsigned(text, 10, 0, family == AF_INET ? 32 : 128, &prefix, NULL))
		return (int)prefix;
	return family == AF_INET ? prefix_of_mask(text) : -1;
}

static void add_once(GPtrArray *list, const char *text)
{
	if (!g_ptr_array_find_with_equal_func(list, text, g_str_equal, NULL))
		g_ptr_array_add(list, g_strdup(text));
}

/* False if the client is not an address or a network. */
static bool add_network(export_clients *self, const char *client)
{
	g_auto(GStrv) parts = g_strsplit(client, "/", 2);
	guint8 bytes[sizeof(struct in6_addr)];
	char address[INET6_ADDRSTRLEN];
	g_autofree char *network = NULL;
	int family = strchr(client, ':') != NULL ? AF_INET6 : AF_INET;
	int prefix;

	if (parts[0] == NULL || inet_pton(family, parts[0], bytes) != 1)
		return false;
	prefix = prefix_of(parts[1], family);
	if (prefix < 0)
		return false;
	clear_after(bytes, family == AF_INET ? 4 : sizeof(bytes), (guint)prefix);
	inet_ntop(family, bytes, address, sizeof(address));
	network = g_strdup_printf("%s/%d", address, prefix);
	add_once(family == AF_INET ? self->v4 : self->v6, network);
	return true;
}

static void add_client(export_clients *self, const char *client)
{
	if (!add_network(self, client) && self->any == NULL)
		self->any = g_strdup(client[0] != '\0' ? client : EVERYBODY);
}

/* "CLIENT(OPTION,...)"; a word that begins with '-' has the options of all that follow, and one
 * that begins with '#' ends the line (nfs-utils support/nfs/exports.c, getexportent()). */
static void add_line(export_clients *self, const char *line)
{
	g_auto(GStrv) words = g_strsplit_set(export_lines_clients(line), " \t\r\v\f", -1);
	guint count = 0;

	for (guint i = 0; words[i] != NULL && words[i][0] != '#'; i++) {
		if (words[i][0] == '\0' || (words[i][0] == '-' && count == 0))
			continue;
		words[i][strcspn(words[i], "(")] = '\0';
		add_client(self, words[i]);
		count++;
	}
	if (count == 0)
		add_client(self, EVERYBODY);
}

export_clients *export_clients_of(const char *text)
{
	export_clients *self = g_new0(export_clients, 1);
	g_autoptr(GPtrArray) lines = export_lines_split(text);

	self->v4 = g_ptr_array_new_with_free_func(g_free);
	self->v6 = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < lines->len; i++)
		add_line(self, g_ptr_array_index(lines, i));
	return self;
}

void export_clients_free(export_clients *self)
{
	g_ptr_array_unref(self->v4);
	g_ptr_array_unref(self->v6);
	g_free(self->any);
	g_free(self);
}

char *export_clients_to_text(const export_clients *self)
{
	const GPtrArray *lists[] = {self->v4, self->v6};
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
		for (guint j = 0; j < lists[i]->len; j++)
			g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "",
				(const char *)g_ptr_array_index(lists[i], j));
	}
	return g_string_free(text, FALSE);
}
