/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/hosts.h"

#include "net/endpoint.h"

#include <string.h>

struct hosts {
	GHashTable *names; /* owned name in lower case -> owned array of owned numeric addresses */
};

static void add_name(hosts *self, const char *name, const char *address)
{
	g_autofree char *key = g_ascii_strdown(name, -1);
	GPtrArray *addresses = g_hash_table_lookup(self->names, key);

	if (addresses == NULL) {
		addresses = g_ptr_array_new_with_free_func(g_free);
		g_hash_table_insert(self->names, g_steal_pointer(&key), addresses);
	}
	g_ptr_array_add(addresses, g_strdup(address));
}

/* ADDRESS NAME ... # comment */
static void parse_line(hosts *self, char *line)
{
	g_auto(GStrv) words = NULL;
	const char *address = NULL;
	endpoint at;

	line[strcspn(line, "#")] = '\0';
	words = g_strsplit_set(line, " \t\r", -1);
	for (gsize i = 0; words[i] != NULL; i++) {
		if (words[i][0] == '\0')
			continue;
		if (address != NULL)
			add_name(self, words[i], address);
		else if (endpoint_parse(words[i], &at, NULL))
			address = words[i];
		else
			return;
	}
}

hosts *hosts_parse(const char *text, gsize length)
{
	hosts *self = g_new0(hosts, 1);
	const char *end = text + length;

	self->names = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
	while (text < end) {
		const char *newline = memchr(text, '\n', (gsize)(end - text));
		const char *stop = newline != NULL ? newline : end;
		g_autofree char *line = g_strndup(text, (gsize)(stop - text));

		parse_line(self, line);
		text = stop + 1;
	}
	return self;
}

hosts *hosts_load(const char *path)
{
	g_autofree char *text = NULL;
	gsize length = 0;

	if (!g_file_get_contents(path, &text, &length, NULL))
		length = 0;
	return hosts_parse(text != NULL ? text : "", length);
}

void hosts_free(hosts *self)
{
	if (self == NULL)
		return;
	g_hash_table_unref(self->names);
	g_free(self);
}

static bool reaches(const char *address, const char *source)
{
	endpoint to, from;

	if (!endpoint_parse(address, &to, NULL) || !endpoint_parse(source, &from, NULL) ||
		to.any.sa_family != from.any.sa_family)
		return false;
	endpoint_borrow_interface(&to, &from);
	return !endpoint_lacks_interface(&to);
}

/* Returns NULL if the file does not have that name. */
static const GPtrArray *addresses_of(const hosts *self, const char *mon_name)
{
	g_autofree char *key = g_ascii_strdown(mon_name, -1);

	return g_hash_table_lookup(self->names, key);
}

static bool is_address(const char *mon_name)
{
	endpoint at;

	return endpoint_parse(mon_name, &at, NULL);
}

char *hosts_reach(const hosts *self, const char *mon_name, const char *source)
{
	const GPtrArray *addresses;

	if (is_address(mon_name))
		return reaches(mon_name, source) ? g_strdup(mon_name) : NULL;
	addresses = addresses_of(self, mon_name);
	for (guint i = 0; addresses != NULL && i < addresses->len; i++) {
		const char *address = g_ptr_array_index(addresses, i);

		if (reaches(address, source))
			return g_strdup(address);
	}
	return NULL;
}

bool hosts_can_reach(const hosts *self, const char *mon_name, const char *const *sources)
{
	if (sources[0] == NULL)
		return is_address(mon_name) || addresses_of(self, mon_name) != NULL;
	for (gsize i = 0; sources[i] != NULL; i++) {
		g_autofree char *address = hosts_reach(self, mon_name, sources[i]);

		if (address != NULL)
			return true;
	}
	return false;
}
