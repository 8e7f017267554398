/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/record.h"

#include "error.h"

#include <string.h>

/* What is left of the line being parsed. */
typedef struct cursor {
	const char *at;
	const char *end;
} cursor;

void sm_record_free(sm_record *record)
{
	if (!record)
		return;
	g_free(record->mon_name);
	g_free(record->my_name);
	g_free(record);
}

static bool refuse_name(const char **why, const char *text)
{
	if (why)
		*why = text;
	return false;
}

bool sm_name_is_valid(const char *name, const char **why)
{
	gsize length = strnlen(name, SM_NAME_MAX_BYTES + 1);

	if (length == 0)
		return refuse_name(why, "it is empty");
	if (length > SM_NAME_MAX_BYTES)
		return refuse_name(why, "it is longer than 255 bytes");
	if (name[0] == '.')
		return refuse_name(why, "it begins with a dot");
	for (gsize i = 0; i < length; i++) {
		if (name[i] == '/')
			return refuse_name(why, "it has a slash in it");
		if (!g_ascii_isgraph(name[i]))
			return refuse_name(
				why, "it has a blank or a byte that is not printable ASCII in it");
	}
	return true;
}

/* statd writes lower case only, and capitals would not survive parse and format. */
static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static bool take_hex(cursor *line, guint8 *bytes, gsize count)
{
	if ((gsize)(line->end - line->at) < 2 * count)
		return false;
	for (gsize i = 0; i < count; i++) {
		int high = hex_digit(line->at[2 * i]);
		int low = hex_digit(line->at[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (guint8)(high << 4 | low);
	}
	line->at += 2 * count;
	return true;
}

static bool take_blank(cursor *line)
{
	if (line->at == line->end || *line->at != ' ')
		return false;
	line->at++;
	return true;
}

static bool parse_number(cursor *line, const char *field, guint32 *number, GError **error)
{
	guint8 bytes[4];

	if (!take_hex(line, bytes, sizeof(bytes)) || !take_blank(line)) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"the %s is not 8 lower-case hexadecimal digits and a blank", field);
		return false;
	}
	*number = (guint32)bytes[0] << 24 | (guint32)bytes[1] << 16 | (guint32)bytes[2] << 8 |
		  bytes[3];
	return true;
}

static bool parse_cookie(cursor *line, guint8 *cookie, GError **error)
{
	if (take_hex(line, cookie, SM_RECORD_COOKIE_BYTES) && take_blank(line))
		return true;
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"the private cookie is not 32 lower-case hexadecimal digits and a blank");
	return false;
}

static char *parse_name(cursor *line, const char *field, char end, GError **error)
{
	gsize left = (gsize)(line->end - line->at);
	const char *stop = end ? memchr(line->at, end, left) : line->end;
	const char *why;

	if (!stop) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"the line ends in the %s, nothing follows it", field);
		return NULL;
	}

	g_autofree char *name = g_strndup(line->at, (gsize)(stop - line->at));
	if (!sm_name_is_valid(name, &why)) {
		g_autofree char *shown = g_strescape(name, NULL);

		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"the %s '%.300s' is not a name that statd would use: %s", field, shown,
			why);
		return NULL;
	}
	line->at = stop + (end ? 1 : 0);
	return g_steal_pointer(&name);
}

static sm_record *parse_line(cursor line, GError **error)
{
	g_autoptr(sm_record) record = g_new0(sm_record, 1);

	if (!parse_number(&line, "address", &record->address, error) ||
		!parse_number(&line, "program", &record->program, error) ||
		!parse_number(&line, "version", &record->version, error) ||
		!parse_number(&line, "procedure", &record->procedure, error) ||
		!parse_cookie(&line, record->cookie, error))
		return NULL;
	record->mon_name = parse_name(&line, "client's name", ' ', error);
	if (!record->mon_name)
		return NULL;
	record->my_name = parse_name(&line, "server's name", '\0', error);
	if (!record->my_name)
		return NULL;
	return g_steal_pointer(&record);
}

/* What makes the text as a whole no sm file, before its lines are looked at. */
static bool check_text(const char *text, gsize length, GError **error)
{
	if (length == 0) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "it is empty");
		return false;
	}
	if (length > SM_FILE_MAX_BYTES) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "it is longer than %d bytes",
			SM_FILE_MAX_BYTES);
		return false;
	}
	/* Said apart: further on, a NUL would end a name early and hide what follows. */
	if (memchr(text, '\0', length)) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "it has a NUL byte in it");
		return false;
	}
	if (text[length - 1] != '\n') {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"it is cut off, the last line has no end");
		return false;
	}
	return true;
}

GPtrArray *sm_records_parse(const char *text, gsize length, GError **error)
{
	g_autoptr(GPtrArray) records =
		g_ptr_array_new_with_free_func((GDestroyNotify)sm_record_free);
	const char *end = text + length;

	if (!check_text(text, length, error))
		return NULL;
	for (const char *at = text; at < end;) {
		const char *line_end = memchr(at, '\n', (gsize)(end - at));
		sm_record *record = parse_line((cursor){.at = at, .end = line_end}, error);

		if (!record) {
			g_prefix_error(error, "line %u: ", records->len + 1);
			return NULL;
		}
		g_ptr_array_add(records, record);
		at = line_end + 1;
	}
	return g_steal_pointer(&records);
}

void sm_record_format(const sm_record *record, GString *to)
{
	g_string_append_printf(to, "%08x %08x %08x %08x ", record->address, record->program,
		record->version, record->procedure);
	for (gsize i = 0; i < SM_RECORD_COOKIE_BYTES; i++)
		g_string_append_printf(to, "%02x", record->cookie[i]);
	g_string_append_printf(to, " %s %s\n", record->mon_name, record->my_name);
}
