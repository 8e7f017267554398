/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/message.h"

#include "base/error.h"

#include <string.h>

#define STATD_UID 4711
#define OWN_UID 815

static void test_whole(void)
{
	static const struct {
		const char *text;
		gsize line_length;
	} cases[] = {
		{"status\n", 6},
		{"stop\n", 4},
		{"record 10.99.0.21\n", 17},
		{"record fe80::1%eth0\n", 19},
		/* Unknown requests pass: the parser does not judge them. */
		{"\n", 0},
		{"record\n", 6},
		{"recorded  twice\n", 15},
		{"stop\nstatus\n", 4},
		{"stop\n\xff", 4},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *text = cases[i].text;
		gsize line_length = 4711;

		for (gsize part = 0; part <= cases[i].line_length; part++)
			g_assert_cmpint(
				control_read_request(text, part, &line_length), ==, CONTROL_PART);
		g_assert_cmpuint(line_length, ==, 4711);
		g_assert_cmpint(
			control_read_request(text, strlen(text), &line_length), ==, CONTROL_WHOLE);
		g_assert_cmpuint(line_length, ==, cases[i].line_length);
	}
}

static void test_refused(void)
{
	static const char *const texts[] = {"\t", "sta\rtus\n", "stop\r\n", "\xc3\xa4\n", "\x7f",
		"record 10.99.0.21\x1b[31m",
		/* A client cannot have such a name. */
		"record \n", "record  10.99.0.21\n", "record a b\n", "record ../../etc/passwd\n",
		"record .hidden\n"};
	static const char zero[] = "status\0\n";
	gsize line_length = 4711;

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		g_assert_cmpint(control_read_request(texts[i], strlen(texts[i]), &line_length), ==,
			CONTROL_REFUSED);
	g_assert_cmpint(
		control_read_request(zero, sizeof(zero) - 1, &line_length), ==, CONTROL_REFUSED);
	g_assert_cmpuint(line_length, ==, 4711);
}

static void test_longest(void)
{
	char text[CONTROL_REQUEST_MAX_BYTES];
	g_autofree char *name = g_strnfill(255, 'n');
	g_autofree char *longest_name = g_strconcat(CONTROL_RECORD, name, "\n", NULL);
	g_autofree char *too_long_name = g_strconcat(CONTROL_RECORD "n", name, "\n", NULL);
	gsize line_length;

	memset(text, 'x', sizeof(text));
	g_assert_cmpint(
		control_read_request(text, sizeof(text) - 1, &line_length), ==, CONTROL_PART);
	g_assert_cmpint(
		control_read_request(text, sizeof(text), &line_length), ==, CONTROL_REFUSED);
	text[sizeof(text) - 1] = '\n';
	g_assert_cmpint(control_read_request(text, sizeof(text), &line_length), ==, CONTROL_WHOLE);
	g_assert_cmpuint(line_length, ==, sizeof(text) - 1);
	g_assert_cmpint(control_read_request(longest_name, strlen(longest_name), &line_length), ==,
		CONTROL_WHOLE);
	g_assert_cmpint(control_read_request(too_long_name, strlen(too_long_name), &line_length),
		==, CONTROL_REFUSED);
}

static void test_allows(void)
{
	static const struct {
		const char *line;
		uid_t peer;
		bool allowed;
	} cases[] = {
		{"stop", 0, true},
		{"stop", OWN_UID, true},
		{"stop", STATD_UID, false},
		{"stop", 1, false},
		{"record 10.99.0.21", 0, true},
		{"record 10.99.0.21", STATD_UID, true},
		{"record 10.99.0.21", 1, false},
		{"record", STATD_UID, false},
		{"", STATD_UID, false},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_true(control_allows(cases[i].line, cases[i].peer, OWN_UID, STATD_UID) ==
			      cases[i].allowed);
}

static void test_knows(void)
{
	g_assert_true(control_knows(0, OWN_UID, STATD_UID));
	g_assert_true(control_knows(OWN_UID, OWN_UID, STATD_UID));
	g_assert_true(control_knows(STATD_UID, OWN_UID, STATD_UID));
	g_assert_false(control_knows(1, OWN_UID, STATD_UID));
}

static void assert_answer(const char *text, gsize length, int code)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonObject) answer = control_parse_answer(text, length, "blue", &error);

	g_assert_null(answer);
	g_assert_error(error, LF_ERROR, code);
	g_assert_nonnull(strstr(error->message, "'blue'"));
}

static void test_answer(void)
{
	static const char good[] = "{\"phase\":\"serving\",\"addresses\":[{\"here\":true}]}";
	static const char denied[] = "{\"denied\":true}";
	static const char zero[] = "{}\0{}";
	static const char *const bad[] = {
		"", "{", "null", "[]", "\"text\"", "{\"a\":\"\xff\"}", "{} {", "4711"};
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonObject) answer = control_parse_answer(good, sizeof(good) - 1, "blue", &error);

	g_assert_no_error(error);
	g_assert_cmpstr(json_object_get_string_member(answer, "phase"), ==, "serving");
	for (gsize length = 0; length < sizeof(good) - 1; length++)
		assert_answer(good, length, LF_ERROR_FAILED);
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		assert_answer(bad[i], strlen(bad[i]), LF_ERROR_FAILED);
	assert_answer(zero, sizeof(zero) - 1, LF_ERROR_FAILED);
	assert_answer(denied, sizeof(denied) - 1, LF_ERROR_PRIVILEGE);
}

/* An answer that would use up the stack or the memory. */
static void test_huge_answer(void)
{
	static const char begin[] = "{\"a\":";
	g_autofree char *deep = g_strnfill(CONTROL_ANSWER_MAX_BYTES, '[');
	g_autofree char *blank = g_strnfill(CONTROL_ANSWER_MAX_BYTES + 1, ' ');

	assert_answer(deep, CONTROL_ANSWER_MAX_BYTES, LF_ERROR_FAILED);
	memcpy(deep, begin, strlen(begin));
	assert_answer(deep, CONTROL_ANSWER_MAX_BYTES, LF_ERROR_FAILED);
	assert_answer(deep, CONTROL_ANSWER_MAX_PARTS + strlen(begin) - 1, LF_ERROR_FAILED);
	memcpy(blank, "{}", 2);
	assert_answer(blank, CONTROL_ANSWER_MAX_BYTES + 1, LF_ERROR_FAILED);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/control_message/whole", test_whole);
	g_test_add_func("/control_message/refused", test_refused);
	g_test_add_func("/control_message/longest", test_longest);
	g_test_add_func("/control_message/allows", test_allows);
	g_test_add_func("/control_message/knows", test_knows);
	g_test_add_func("/control_message/answer", test_answer);
	g_test_add_func("/control_message/huge-answer", test_huge_answer);
	return g_test_run();
}
