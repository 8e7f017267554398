/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/recovery_times.h"

#include <stdbool.h>
#include <string.h>

#define HEADING "lockferry recoveries 1 "

/* Longer than any grace period, and more clients than any server has. */
#define MS_MAX (24 * 3600 * 1000)
#define CLIENTS_MAX 100000000

enum { FIELD_CLIENTS, FIELD_ARRIVED, FIELD_HEARD, FIELD_BACK, FIELD_COUNT };

GArray *recovery_times_new(void)
{
	return g_array_new(FALSE, FALSE, sizeof(struct recovery_times));
}

void recovery_times_add(GArray *self, const struct recovery_times *times)
{
	g_array_append_val(self, *times);
	if (self->len > RECOVERY_TIMES_KEPT)
		g_array_remove_index(self, 0);
}

static bool parse_number(const char *word, guint max, guint *number)
{
	guint64 found;

	/* No sign, nor anything else that format() does not write. */
	if (!g_ascii_isdigit(word[0]) || (word[0] == '0' && word[1] != '\0') ||
		!g_ascii_string_to_unsigned(word, 10, 0, max, &found, NULL))
		return false;
	*number = (guint)found;
	return true;
}

static bool parse_line(const char *line, struct recovery_times *times)
{
	g_auto(GStrv) words = g_strsplit(line, " ", FIELD_COUNT + 1);

	return g_strv_length(words) == FIELD_COUNT &&
	       parse_number(words[FIELD_CLIENTS], CLIENTS_MAX, &times->clients) &&
	       parse_number(words[FIELD_ARRIVED], MS_MAX, &times->arrived_ms) &&
	       parse_number(words[FIELD_HEARD], MS_MAX, &times->heard_ms) &&
	       parse_number(words[FIELD_BACK], MS_MAX, &times->back_ms);
}

/* The last is empty, for every line ends with a newline. */
static bool parse_lines(GStrv lines, guint count, GArray *found)
{
	for (guint i = 0; i < count; i++) {
		struct recovery_times times;

		if (!parse_line(lines[i], &times))
			return false;
		g_array_append_val(found, times);
	}
	return lines[count][0] == '\0';
}

GArray *recovery_times_parse(const char *text, gsize length)
{
	g_autofree char *copy = g_strndup(text, length);
	g_auto(GStrv) lines = g_strsplit(copy, "\n", RECOVERY_TIMES_KEPT + 3);
	g_autoptr(GArray) found = recovery_times_new();
	guint count;

	if (strlen(copy) != length || g_strv_length(lines) < 2 ||
		!g_str_has_prefix(lines[0], HEADING) ||
		!parse_number(lines[0] + strlen(HEADING), RECOVERY_TIMES_KEPT, &count) ||
		g_strv_length(lines) != count + 2 || !parse_lines(lines + 1, count, found))
		return NULL;
	return g_steal_pointer(&found);
}

char *recovery_times_format(const GArray *self)
{
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, HEADING "%u\n", self->len);
	for (guint i = 0; i < self->len; i++) {
		const struct recovery_times *times = &g_array_index(self, struct recovery_times, i);

		g_string_append_printf(text, "%u %u %u %u\n", MIN(times->clients, CLIENTS_MAX),
			MIN(times->arrived_ms, MS_MAX), MIN(times->heard_ms, MS_MAX),
			MIN(times->back_ms, MS_MAX));
	}
	return g_string_free(text, FALSE);
}
