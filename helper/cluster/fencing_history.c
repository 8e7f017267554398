/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/fencing_history.h"

#include "base/error.h"

#include <string.h>

struct fencing_history {
	GHashTable *nodes; /* owned name in lower case -> owned struct fencings */
};

/* The position of the parser. */
struct reader {
	fencing_history *result;
	bool is_result;
	bool has_status;
	gint64 code; /* the code of the element `status` */
	char *message;
	GString *reason; /* Pacemaker's reason; NULL: none yet */
	bool in_error;
};

static const char *text_of(const char **names, const char **values, const char *name)
{
	for (; *names != NULL; names++, values++) {
		if (g_str_equal(*names, name))
			return *values;
	}
	return "";
}

/* Parses `count` digits, and moves `at` behind them. */
static bool read_digits(const char **at, guint count, int *value)
{
	for (*value = 0; count > 0; count--, (*at)++) {
		if (!g_ascii_isdigit(**at))
			return false;
		*value = *value * 10 + (**at - '0');
	}
	return true;
}

static bool read_mark(const char **at, char mark)
{
	if (**at != mark)
		return false;
	(*at)++;
	return true;
}

/* Parses the fraction: any number of digits, of which the first six count. */
static gint64 read_fraction(const char **at)
{
	gint64 fraction_us = 0;
	gint64 unit_us = G_USEC_PER_SEC / 10;

	if (!read_mark(at, '.'))
		return 0;
	for (; g_ascii_isdigit(**at); (*at)++, unit_us /= 10)
		fraction_us += (**at - '0') * unit_us;
	return fraction_us;
}

/* Parses a time zone at the end, "Z", "+05:30" or "-0330", with or without a blank before it. */
static bool read_zone(const char *at, int *offset_s)
{
	int hours, minutes;
	bool west = false;

	while (*at == ' ')
		at++;
	*offset_s = 0;
	if (g_str_equal(at, "Z"))
		return true;
	if (*at != '+' && *at != '-')
		return false;
	west = *at++ == '-';
	if (!read_digits(&at, 2, &hours))
		return false;
	read_mark(&at, ':');
	if (!read_digits(&at, 2, &minutes) || *at != '\0')
		return false;
	*offset_s = (hours * 60 + minutes) * (west ? -60 : 60);
	return true;
}

/* Parses a time like "2026-11-28 20:05:11.123456Z". Before Pacemaker 2.1.6 there is no fraction. */
static bool read_time(const char *at, gint64 *time_us)
{
	int year, month, day, hour, minute, second, offset_s;
	g_autoptr(GDateTime) whole = NULL;
	gint64 fraction_us;

	if (!read_digits(&at, 4, &year) || !read_mark(&at, '-') || !read_digits(&at, 2, &month) ||
		!read_mark(&at, '-') || !read_digits(&at, 2, &day) || !read_mark(&at, ' ') ||
		!read_digits(&at, 2, &hour) || !read_mark(&at, ':') ||
		!read_digits(&at, 2, &minute) || !read_mark(&at, ':') ||
		!read_digits(&at, 2, &second))
		return false;
	fraction_us = read_fraction(&at);
	if (!read_zone(at, &offset_s))
		return false;
	whole = g_date_time_new_utc(year, month, day, hour, minute, MIN(second, 59));
	if (whole == NULL)
		return false;
	*time_us = (g_date_time_to_unix(whole) - offset_s) * G_USEC_PER_SEC + fraction_us;
	return *time_us > 0;
}

static void note_fencing(fencing_history *self, const char *node, gint64 time_us)
{
	g_autofree char *key = g_ascii_strdown(node, -1);
	struct fencings *of = g_hash_table_lookup(self->nodes, key);

	if (of == NULL) {
		of = g_new0(struct fencings, 1);
		g_hash_table_insert(self->nodes, g_steal_pointer(&key), of);
	}
	of->count++;
	of->last_us = MAX(of->last_us, time_us);
}

static void read_event(struct reader *self, const char **names, const char **values, GError **error)
{
	const char *action = text_of(names, values, "action");
	const char *completed = text_of(names, values, "completed");
	const char *target = text_of(names, values, "target");
	gint64 time_us;

	if (!g_str_equal(text_of(names, values, "status"), "success") ||
		!(g_str_equal(action, "off") || g_str_equal(action, "reboot")))
		return;
	if (target[0] != '\0' && read_time(completed, &time_us))
		note_fencing(self->result, target, time_us);
	else
		g_set_error(error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT,
			"a fencing of '%s' has an invalid time '%s'", target, completed);
}

static void read_status(
	struct reader *self, const char **names, const char **values, GError **error)
{
	const char *code = text_of(names, values, "code");

	if (self->has_status ||
		!g_ascii_string_to_signed(code, 10, G_MININT32, G_MAXINT32, &self->code, NULL)) {
		g_set_error(error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT,
			"its status is '%s'", code);
		return;
	}
	self->has_status = true;
	self->message = g_strdup(text_of(names, values, "message"));
}

static void begin_element(GMarkupParseContext *context, const char *element, const char **names,
	const char **values, gpointer data, GError **error)
{
	const GSList *parents = g_markup_parse_context_get_element_stack(context)->next;
	struct reader *self = data;

	self->in_error = false;
	if (parents == NULL)
		self->is_result = g_str_equal(element, "pacemaker-result");
	else if (g_str_equal(element, "fence_event"))
		read_event(self, names, values, error);
	else if (g_str_equal(element, "status"))
		read_status(self, names, values, error);
	else if (g_str_equal(element, "error") && self->reason == NULL) {
		self->reason = g_string_new(NULL);
		self->in_error = true;
	}
}

static void end_element(GMarkupParseContext *context G_GNUC_UNUSED,
	const char *element G_GNUC_UNUSED, gpointer data, GError **error G_GNUC_UNUSED)
{
	((struct reader *)data)->in_error = false;
}

static void read_text(GMarkupParseContext *context G_GNUC_UNUSED, const char *text, gsize length,
	gpointer data, GError **error G_GNUC_UNUSED)
{
	struct reader *self = data;

	if (self->in_error)
		g_string_append_len(self->reason, text, (gssize)length);
}

static bool read_all(struct reader *self, const char *text, gsize length, GError **error)
{
	static const GMarkupParser parser = {
		.start_element = begin_element, .end_element = end_element, .text = read_text};
	g_autoptr(GMarkupParseContext) context =
		g_markup_parse_context_new(&parser, G_MARKUP_TREAT_CDATA_AS_TEXT, self, NULL);

	return g_markup_parse_context_parse(context, text, (gssize)length, error) &&
	       g_markup_parse_context_end_parse(context, error);
}

static bool is_answer(const struct reader *self, GError **error)
{
	const char *reason = self->reason != NULL ? self->reason->str : self->message;

	if (!self->is_result || !self->has_status)
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"the output of stonith_admin is not a fencing history in XML: is it older than Pacemaker 2.0?");
	else if (self->code != 0)
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_RUNNING, "%s", reason);
	else
		return true;
	return false;
}

fencing_history *fencing_history_parse(const char *text, gsize length, GError **error)
{
	g_autoptr(fencing_history) result = g_new0(fencing_history, 1);
	struct reader reader = {.result = result};
	g_autoptr(GError) parse_error = NULL;
	bool good;

	result->nodes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	good = read_all(&reader, text, length, &parse_error);
	if (!good)
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED,
			"cannot read the output of stonith_admin: %s", parse_error->message);
	else
		good = is_answer(&reader, error);
	g_free(reader.message);
	if (reader.reason != NULL)
		g_string_free(reader.reason, TRUE);
	return good ? g_steal_pointer(&result) : NULL;
}

void fencing_history_free(fencing_history *self)
{
	if (self == NULL)
		return;
	g_hash_table_unref(self->nodes);
	g_free(self);
}

struct fencings fencing_history_of(const fencing_history *self, const char *node)
{
	g_autofree char *key = g_ascii_strdown(node, -1);
	const struct fencings *of = g_hash_table_lookup(self->nodes, key);

	return of != NULL ? *of : (struct fencings){0};
}
