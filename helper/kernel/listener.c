/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/listener.h"

#include "base/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The fields of a line of /proc/net/tcp. */
enum {
	FIELD_LOCAL = 1,
	FIELD_STATE = 3,
	FIELD_USER = 7,
	FIELD_INODE = 9,
	FIELD_COUNT = 10,
};

#define LISTENS_TCP "0A"
#define LISTENS_UDP "07"

static bool has_port(const char *local, guint port)
{
	const char *colon = strrchr(local, ':');
	guint64 found;

	return colon != NULL &&
	       g_ascii_string_to_unsigned(colon + 1, 16, 0, G_MAXUINT16, &found, NULL) &&
	       found == port;
}

/* Only sockets of root count, because any user may listen on such a port at an address that the
 * server does not use. */
static guint64 parse_line(char *line, guint port)
{
	char *field[FIELD_COUNT];
	guint64 inode;

	if (text_split(line, field, FIELD_COUNT) < FIELD_COUNT ||
		(!g_str_equal(field[FIELD_STATE], LISTENS_TCP) &&
			!g_str_equal(field[FIELD_STATE], LISTENS_UDP)) ||
		!has_port(field[FIELD_LOCAL], port) || !g_str_equal(field[FIELD_USER], "0") ||
		!g_ascii_string_to_unsigned(field[FIELD_INODE], 10, 0, G_MAXUINT64, &inode, NULL))
		return 0;
	return inode;
}

guint64 listener_parse(const char *text, gsize length, guint port, guint64 inode)
{
	g_autofree char *copy = g_strndup(text, length);
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		guint64 found = parse_line(line, port);

		if (found != 0 && (inode == 0 || found == inode))
			return found;
	}
	return 0;
}

/* Reads one line at a time. The listeners come first, and many connections may follow them. */
static guint64 find_in(const char *proc_dir, const char *list, guint port, guint64 inode)
{
	g_autofree char *path = g_build_filename(proc_dir, "net", list, NULL);
	FILE *file = fopen(path, "re");
	size_t size = 0;
	ssize_t length;
	char *line = NULL;
	guint64 found = 0;

	while (file != NULL && found == 0 && (length = getline(&line, &size, file)) > 0)
		found = listener_parse(line, (gsize)length, port, inode);
	free(line);
	if (file != NULL)
		fclose(file);
	return found;
}

/* The lines of `portlist` do not show the address family, so both files are searched. */
static guint64 find_for(const char *proc_dir, const char *protocol, guint port, guint64 inode)
{
	g_autofree char *protocol6 = g_strconcat(protocol, "6", NULL);
	guint64 found = find_in(proc_dir, protocol, port, inode);

	return found != 0 ? found : find_in(proc_dir, protocol6, port, inode);
}

guint64 listener_find(const char *proc_dir, const char *portlist, guint64 inode)
{
	static const char *const protocols[] = {"tcp", "udp"};
	g_auto(GStrv) lines = g_strsplit(portlist, "\n", -1);

	for (gsize p = 0; p < G_N_ELEMENTS(protocols); p++) {
		for (gsize i = 0; lines[i] != NULL; i++) {
			const char *blank = strchr(lines[i], ' ');
			gsize length = blank != NULL ? (gsize)(blank - lines[i]) : 0;
			guint64 port, found;

			if (length != strlen(protocols[p]) ||
				strncmp(lines[i], protocols[p], length) != 0 ||
				!g_ascii_string_to_unsigned(
					blank + 1, 10, 1, G_MAXUINT16, &port, NULL))
				continue;
			found = find_for(proc_dir, protocols[p], (guint)port, inode);
			if (found != 0)
				return found;
		}
	}
	return 0;
}
