/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/record.h"

#include "base/error.h"

#include <string.h>

/* The rest of the line that is being parsed. */
typedef struct cursor {
	const char *position;
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
			return refuse_name(why, "it contains a slash");
		if (!g_ascii_isgraph(name[i]))
			return refuse_name(
				why, "it contains a blank or a byte that is not printable ASCII");
	}
	return true;
}

/* Returns -1 for any other character. */
static int hex_digit(char c)
{
	return g_ascii_xdigit_value(c);
}

static bool take_hex(cursor *line, guint8 *bytes, gsize count)
{
	if ((gsize)(line->end - line->position) < 2 * count)
		return false;
	for (gsize i = 0; i < count; i++) {
		int high = hex_digit(line->position[2 * i]);
		int low = hex_digit(line->position[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (guint8)(high << 4 | low);
	}
	line->position += 2 * count;
	return true;
}

static bool take_blank(cursor *line)
{
	if (line->position == line->end || *line->position != ' ')
		return false;
	line->position++;
	return true;
}

static bool parse_number(cursor *line, const char *field, guint32 *number, GError **error)
{
	guint8 bytes[4];

	if (!take_hex(line, bytes, sizeof(bytes)) || !take_blank(line)) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"the %s is not 8 hexadecimal digits and a blank", field);
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
		"the private cookie is not 32 hexadecimal digits and a blank");
	return false;
}

/* The name ends at the next blank or at the end of the line. */
static char *parse_name(cursor *line, const char *field, GError **error)
{
	gsize left = (gsize)(line->end - line->position);
	const char *blank = memchr(line->position, ' ', left);
	const char *stop = blank != NULL ? blank : line->end;
	const char *why;

	g_autofree char *name = g_strndup(line->position, (gsize)(stop - line->position));
	if (!sm_name_is_valid(name, &why)) {
		g_autofree char *shown = g_strescape(name, NULL);

		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"the %s '%.300s' is not a name that statd would use: %s", field, shown,
			why);
		return NULL;
	}
	line->position = stop;
	return g_steal_pointer(&name);
}

/* The server's name may follow the client's name, or nothing. */
static char *parse_my_name(cursor *line, GError **error)
{
	g_autofree char *name = NULL;

	while (take_blank(line))
		;
	if (line->position == line->end)
		return g_strdup("");
	name = parse_name(line, "server's name", error);
	if (name == NULL || line->position == line->end)
		return g_steal_pointer(&name);
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
		"the line is not a record that statd would write: the server's name contains a blank or a byte that is not printable ASCII");
	return NULL;
}

static sm_record *parse_line(cursor line, GError **error)
{
	g_autoptr(sm_record) record = g_new0(sm_record, 1);

	/* This needs its own check: later, a NUL byte would end a name early and hide the rest
	 * of the line. */
	if (memchr(line.position, '\0', (gsize)(line.end - line.position)) != NULL) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "it contains a NUL byte");
		return NULL;
	}
	if (!parse_number(&line, "address", &record->address, error) ||
		!parse_number(&line, "program", &record->program, error) ||
		!parse_number(&line, "version", &record->version, error) ||
		!parse_number(&line, "procedure", &record->procedure, error) ||
		!parse_cookie(&line, record->cookie, error))
		return NULL;
	record->mon_name = parse_name(&line, "client's name", error);
	if (!record->mon_name)
		return NULL;
	record->my_name = parse_my_name(&line, error);
	if (!record->my_name)
		return NULL;
	return g_steal_pointer(&record);
}

/* Checks the text as a whole before the lines are parsed. */
static bool check_length(gsize length, GError **error)
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
	return true;
}

/* Editors and other systems may add blanks to the end of a line. They have no meaning. */
static const char *without_blanks(const char *at, const char *end)
{
	while (end > at && g_ascii_isspace(end[-1]))
		end--;
	return end;
}

GPtrArray *sm_records_parse(const char *text, gsize length, char **damage, GError **error)
{
	g_autoptr(GPtrArray) records =
		g_ptr_array_new_with_free_func((GDestroyNotify)sm_record_free);
	g_autoptr(GError) first = NULL;
	const char *end = text + length;
	guint number = 0;

	if (damage != NULL)
		*damage = NULL;
	if (!check_length(length, error))
		return NULL;
	for (const char *at = text; at < end;) {
		const char *stop = memchr(at, '\n', (gsize)(end - at));
		const char *next = stop != NULL ? stop + 1 : end;
		cursor line = {.position = at, .end = without_blanks(at, next)};
		bool bad = first != NULL;
		sm_record *record = parse_line(line, bad ? NULL : &first);

		number++;
		if (record != NULL)
			g_ptr_array_add(records, record);
		else if (!bad)
			g_prefix_error(&first, "line %u: ", number);
		at = next;
	}
	if (records->len == 0) {
		g_propagate_error(error, g_steal_pointer(&first));
		return NULL;
	}
	if (damage != NULL && first != NULL)
		*damage = g_strdup(first->message);
	return g_steal_pointer(&records);
}

GBytes *sm_records_format(GPtrArray *records)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < records->len; i++)
		sm_record_format(g_ptr_array_index(records, i), text);
	return g_string_free_to_bytes(text);
}

bool sm_record_same(const sm_record *a, const sm_record *b)
{
	return a->address == b->address && a->program == b->program && a->version == b->version &&
	       a->procedure == b->procedure &&
	       memcmp(a->cookie, b->cookie, sizeof(a->cookie)) == 0 &&
	       g_str_equal(a->mon_name, b->mon_name);
}

bool sm_records_have(GPtrArray *records, const char *mon_name, const sm_record *like)
{
	for (guint i = 0; i < records->len; i++) {
		const sm_record *record = g_ptr_array_index(records, i);

		if (g_str_equal(record->mon_name, mon_name) &&
			(like == NULL || sm_record_same(record, like)))
			return true;
	}
	return false;
}

void sm_record_format(const sm_record *record, GString *to)
{
	g_string_append_printf(to, "%08x %08x %08x %08x ", record->address, record->program,
		record->version, record->procedure);
	for (gsize i = 0; i < SM_RECORD_COOKIE_BYTES; i++)
		g_string_append_printf(to, "%02x", record->cookie[i]);
	g_string_append_printf(to, " %s %s\n", record->mon_name, record->my_name);
}
