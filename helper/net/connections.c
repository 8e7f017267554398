/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/connections.h"

#include "base/text.h"

#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

/* The fields used from a line such as " 0: 0A63000A:0801 1563000A:0303 01 ...". */
enum { FIELD_SERVER = 1, FIELD_CLIENT = 2, FIELD_STATE = 3, FIELD_COUNT = 4 };

/* The heading of a set in the store. The number of lines follows it. */
#define HEADING "lockferry connections 1 "

/* "SERVER PORT CLIENT PORT" */
enum { WORD_SERVER, WORD_SERVER_PORT, WORD_CLIENT, WORD_CLIENT_PORT, WORD_COUNT };

GArray *connections_new(void)
{
	return g_array_new(FALSE, FALSE, sizeof(struct connection));
}

/* Parses exactly `count` digits. */
static bool parse_hex(const char *text, gsize count, guint32 *number)
{
	*number = 0;
	for (gsize i = 0; i < count; i++) {
		int digit = g_ascii_xdigit_value(text[i]);

		if (digit < 0)
			return false;
		*number = *number << 4 | (guint32)digit;
	}
	return true;
}

static void set_address(endpoint *to, const guint32 *words, gsize count)
{
	memset(to, 0, sizeof(*to));
	if (count == 1) {
		to->v4.sin_family = AF_INET;
		memcpy(&to->v4.sin_addr, words, sizeof(to->v4.sin_addr));
		return;
	}
	to->v6.sin6_family = AF_INET6;
	memcpy(&to->v6.sin6_addr, words, sizeof(to->v6.sin6_addr));
	/* A socket for both families shows an IPv4 client in this form. Its packets are IPv4. */
	if (IN6_IS_ADDR_V4MAPPED(&to->v6.sin6_addr))
		set_address(to, &words[3], 1);
}

static bool parse_end(const char *field, endpoint *to)
{
	const char *colon = strchr(field, ':');
	gsize digits = colon != NULL ? (gsize)(colon - field) : 0;
	guint32 words[4], port;

	if ((digits != 8 && digits != 32) || strlen(colon + 1) != 4 ||
		!parse_hex(colon + 1, 4, &port))
		return false;
	for (gsize i = 0; i < digits / 8; i++) {
		if (!parse_hex(field + 8 * i, 8, &words[i]))
			return false;
	}
	set_address(to, words, digits / 8);
	endpoint_set_port(to, (uint16_t)port);
	return true;
}

static bool is_at(const endpoint *server, const GArray *addresses)
{
	for (guint i = 0; i < addresses->len; i++) {
		if (endpoint_same_address(server, &g_array_index(addresses, endpoint, i)))
			return true;
	}
	return false;
}

/* A listener has no client. */
static bool is_usable(const struct connection *entry)
{
	return entry->server.any.sa_family == entry->client.any.sa_family &&
	       endpoint_port(&entry->server) != 0 && endpoint_port(&entry->client) != 0 &&
	       endpoint_is_one_host(&entry->client) && !endpoint_lacks_interface(&entry->client);
}

/*
 * When an address is removed, the NFS server and the lock manager shut down their connections at it
 * (fs/nfsd and fs/lockd/svc.c, svc_age_temp_xprts_now()). The client never learns of this.
 */
static bool is_open_to_client(guint32 state)
{
	return state == TCP_ESTABLISHED || state == TCP_FIN_WAIT1;
}

static void add_line(GArray *self, char *line, const GArray *addresses)
{
	char *field[FIELD_COUNT];
	struct connection found;
	guint32 state;

	if (text_split(line, field, FIELD_COUNT) >= FIELD_COUNT &&
		parse_hex(field[FIELD_STATE], 2, &state) && is_open_to_client(state) &&
		parse_end(field[FIELD_SERVER], &found.server) && is_at(&found.server, addresses) &&
		parse_end(field[FIELD_CLIENT], &found.client) && is_usable(&found))
		g_array_append_val(self, found);
}

void connections_add(GArray *self, const char *text, gsize length, const char *const *addresses)
{
	g_autoptr(GArray) parsed = g_array_new(FALSE, FALSE, sizeof(endpoint));
	g_autofree char *copy = g_strndup(text, length);
	char *rest = copy, *line;
	endpoint address;

	for (gsize i = 0; addresses[i] != NULL; i++) {
		if (endpoint_parse(addresses[i], &address, NULL))
			g_array_append_val(parsed, address);
	}
	while ((line = strsep(&rest, "\n")) != NULL)
		add_line(self, line, parsed);
}

static bool add_list(
	GArray *self, const struct kernel *kernel, const char *name, const char *const *addresses)
{
	g_autofree char *text = kernel_read(kernel->proc_dir, name, NULL);

	if (text != NULL)
		connections_add(self, text, strlen(text), addresses);
	return text != NULL;
}

GArray *connections_now(const struct kernel *kernel, const char *const *addresses)
{
	g_autoptr(GArray) self = connections_new();

	if (!add_list(self, kernel, "net/tcp", addresses))
		return NULL;
	/* A node without IPv6 does not have this file. */
	add_list(self, kernel, "net/tcp6", addresses);
	return g_steal_pointer(&self);
}

static char *format_line(const struct connection *entry)
{
	g_autofree char *server = endpoint_to_text(&entry->server);
	g_autofree char *client = endpoint_to_text(&entry->client);

	return g_strdup_printf("%s %u %s %u\n", server, endpoint_port(&entry->server), client,
		endpoint_port(&entry->client));
}

GBytes *connections_to_bytes(const GArray *self)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) text = g_string_new(NULL);
	guint count = 0;

	for (guint i = 0; i < self->len; i++)
		g_ptr_array_add(lines, format_line(&g_array_index(self, struct connection, i)));
	g_ptr_array_sort(lines, text_compare);
	for (guint i = 0; i < lines->len; i++) {
		if (i > 0 && g_str_equal(lines->pdata[i - 1], lines->pdata[i]))
			continue;
		g_string_append(text, lines->pdata[i]);
		count++;
	}
	g_autofree char *heading = g_strdup_printf(HEADING "%u\n", count);
	g_string_prepend(text, heading);
	return g_string_free_to_bytes(g_steal_pointer(&text));
}

static bool parse_endpoint(const char *address, const char *port, endpoint *to)
{
	guint64 number;

	if (!endpoint_parse(address, to, NULL) ||
		!g_ascii_string_to_unsigned(port, 10, 0, G_MAXUINT16, &number, NULL))
		return false;
	endpoint_set_port(to, (uint16_t)number);
	return true;
}

static bool take_line(GArray *self, char *line)
{
	char *word[WORD_COUNT];
	struct connection found;

	if (text_split(line, word, WORD_COUNT) < WORD_COUNT ||
		!parse_endpoint(word[WORD_SERVER], word[WORD_SERVER_PORT], &found.server) ||
		!parse_endpoint(word[WORD_CLIENT], word[WORD_CLIENT_PORT], &found.client) ||
		!is_usable(&found))
		return false;
	g_array_append_val(self, found);
	return true;
}

GArray *connections_from_bytes(GBytes *bytes)
{
	gsize length;
	const char *text = g_bytes_get_data(bytes, &length);
	/* g_bytes_get_data() returns NULL for no bytes. */
	g_autofree char *copy = g_strndup(length > 0 ? text : "", length);
	g_autoptr(GArray) self = connections_new();
	char *rest = copy, *line = strsep(&rest, "\n");
	guint64 count;

	if (!g_str_has_prefix(line, HEADING) ||
		!g_ascii_string_to_unsigned(line + strlen(HEADING), 10, 0, G_MAXUINT, &count, NULL))
		return NULL;
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (line[0] != '\0' && !take_line(self, line))
			return NULL;
	}
	return self->len == count ? g_steal_pointer(&self) : NULL;
}
