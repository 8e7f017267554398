/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/marking.h"

#include <string.h>

static enum marking_state read_all(marking_reader *reader, const char *bytes, gsize length)
{
	*reader = (marking_reader){0};
	return marking_read(reader, (const guint8 *)bytes, length);
}

/* The same, a byte at a time; what comes behind the end is not given any more. */
static enum marking_state read_bytes(marking_reader *reader, const char *bytes, gsize length)
{
	enum marking_state state = MARKING_MORE;

	*reader = (marking_reader){0};
	for (gsize i = 0; i < length && state == MARKING_MORE; i++) {
		g_autofree guint8 *alone = g_memdup2(bytes + i, 1);

		state = marking_read(reader, alone, 1);
	}
	return state;
}

static void test_written_is_read(void)
{
	char bytes[MARKING_HEAD_BYTES + MARKING_RECORD_MAX_BYTES];

	memset(bytes, 'x', sizeof(bytes));
	for (gsize length = 1; length <= MARKING_RECORD_MAX_BYTES; length++) {
		marking_reader reader;

		marking_write((guint8 *)bytes, length);
		g_assert_cmpint(
			read_all(&reader, bytes, MARKING_HEAD_BYTES + length), ==, MARKING_WHOLE);
		g_assert_cmpmem(reader.record, reader.length, bytes + MARKING_HEAD_BYTES, length);
		g_assert_cmpint(read_all(&reader, bytes, MARKING_HEAD_BYTES + length - 1), ==,
			MARKING_MORE);
	}
}

#define CASE(bytes, state, record)                                                                 \
	{                                                                                          \
		bytes, sizeof(bytes) - 1, state, record                                            \
	}

static const struct {
	const char *bytes;
	gsize length;
	enum marking_state state;
	const char *record;
} cases[] = {
	CASE("", MARKING_MORE, ""),
	CASE("\x80\0\0", MARKING_MORE, ""),
	CASE("\x80\0\0\3", MARKING_MORE, ""),
	CASE("\x80\0\0\3ab", MARKING_MORE, "ab"),
	CASE("\x80\0\0\3abc", MARKING_WHOLE, "abc"),
	CASE("\x80\0\0\3abc\xff\xff\xff\xff", MARKING_WHOLE, "abc"),
	CASE("\0\0\0\2ab\x80\0\0\1c", MARKING_WHOLE, "abc"),
	CASE("\0\0\0\1a\0\0\0\1b\0\0\0\1c", MARKING_MORE, "abc"),
	CASE("\0\0\0\1a\0\0\0\1b\x80\0\0\0", MARKING_WHOLE, "ab"),
	/* Nothing at all, and fragments of nothing, which might go on forever. */
	CASE("\x80\0\0\0", MARKING_BAD, ""),
	CASE("\0\0\0\0", MARKING_BAD, ""),
	CASE("\0\0\0\1a\0\0\0\0", MARKING_BAD, "a"),
	/* Too long, at once and by and by. */
	CASE("\x80\0\4\1", MARKING_BAD, ""),
	CASE("\xff\xff\xff\xff", MARKING_BAD, ""),
	CASE("\x7f\xff\xff\xff", MARKING_BAD, ""),
	CASE("\0\0\0\1a\x80\0\4\0", MARKING_BAD, "a"),
	CASE("HTTP/1.1 400 Bad Request\r\n", MARKING_BAD, ""),
};

static void test_cases(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *exact = g_memdup2(cases[i].bytes, cases[i].length);
		marking_reader reader;

		g_test_message("case %zu", i);
		g_assert_cmpint(read_all(&reader, exact, cases[i].length), ==, (int)cases[i].state);
		g_assert_cmpmem(
			reader.record, reader.length, cases[i].record, strlen(cases[i].record));
		g_assert_cmpint(
			read_bytes(&reader, exact, cases[i].length), ==, (int)cases[i].state);
		g_assert_cmpmem(
			reader.record, reader.length, cases[i].record, strlen(cases[i].record));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/marking/written-is-read", test_written_is_read);
	g_test_add_func("/marking/cases", test_cases);
	return g_test_run();
}
