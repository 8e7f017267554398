/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/message.h"

#include "base/error.h"
#include "nsm/record.h"
#include "report/report.h"
#include "service/missed.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STATD_UID 4711
#define OTHER_UID 815

/* Everything that is done with an accepted line. */
static void check_line(const char *bytes, gsize length)
{
	g_autofree char *line = g_strndup(bytes, length);

	g_assert_cmpuint(strlen(line), ==, length);
	g_assert_cmpuint(length, <, CONTROL_REQUEST_MAX_BYTES);
	g_assert_true(g_str_is_ascii(line));
	g_assert_false(control_allows(line, OTHER_UID, 0, STATD_UID));
	g_assert_false(control_knows(OTHER_UID, 0, STATD_UID));
	if (!g_str_has_prefix(line, CONTROL_RECORD)) {
		g_assert_false(control_allows(line, STATD_UID, 0, STATD_UID));
		return;
	}
	g_assert_true(control_allows(line, STATD_UID, 0, STATD_UID));
	g_assert_true(sm_name_is_valid(line + strlen(CONTROL_RECORD), NULL));
}

/* The input as a client's request, byte by byte: it makes no difference how it is split. */
static void as_request(const char *bytes, gsize length)
{
	gsize line_length = 0, at_once_length = 0;
	enum control_progress at_once = control_read_request(bytes, length, &at_once_length);
	enum control_progress progress = CONTROL_PART;

	for (gsize part = 0; progress == CONTROL_PART && part <= length; part++) {
		progress = control_read_request(bytes, part, &line_length);
		g_assert_true(progress != CONTROL_PART || part < CONTROL_REQUEST_MAX_BYTES);
	}
	g_assert_cmpint(progress, ==, at_once);
	g_assert_cmpuint(line_length, ==, at_once_length);
	if (progress == CONTROL_WHOLE)
		check_line(bytes, line_length);
}

/* The input as the process's answer: an accepted answer can be written, and read again. */
static void as_answer(const char *text, gsize length)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonObject) answer = control_parse_answer(text, length, "fuzz", &error);
	g_autoptr(JsonObject) again = NULL;
	g_autofree char *written = NULL;
	g_autofree char *written_again = NULL;

	g_assert_true((answer == NULL) == (error != NULL));
	if (answer == NULL)
		return;
	written = report_to_json(answer, false);
	again = control_parse_answer(written, strlen(written), "fuzz", &error);
	g_assert_no_error(error);
	written_again = report_to_json(again, false);
	g_assert_cmpstr(written, ==, written_again);
}

/* The input as the file of clients that the callout could not hand over: each line counts, and no
 * invalid name is accepted. */
static void as_missed(const char *bytes, gsize length)
{
	g_autofree char *last = NULL;
	guint lines = length > 0 && bytes[length - 1] != '\n';

	for (gsize i = 0; i < length; i++)
		lines += bytes[i] == '\n';
	g_assert_cmpuint(missed_parse(bytes, length, &last), ==, lines);
	g_assert_true(last == NULL || sm_name_is_valid(last, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t nothing[1];

	/* libFuzzer gives NULL for an empty input. */
	data = data ? data : nothing;
	as_request((const char *)data, size);
	as_answer((const char *)data, size);
	as_missed((const char *)data, size);
	return 0;
}
