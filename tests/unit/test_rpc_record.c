/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/rpc_record.h"

#include <string.h>

static enum rpc_record_state read_all(rpc_record_reader *reader, const char *bytes, gsize length)
{
	*reader = (rpc_record_reader){0};
	return rpc_record_read(reader, (const guint8 *)bytes, length);
}

/* Reads one byte at a time, and passes nothing after the end. */
static enum rpc_record_state read_bytes(rpc_record_reader *reader, const char *bytes, gsize length)
{
	enum rpc_record_state state = RPC_RECORD_MORE;

	*reader = (rpc_record_reader){0};
	for (gsize i = 0; i < length && state == RPC_RECORD_MORE; i++) {
		g_autofree guint8 *alone = g_memdup2(bytes + i, 1);

		state = rpc_record_read(reader, alone, 1);
	}
	return state;
}

static void test_written_is_read(void)
{
	char bytes[RPC_RECORD_HEAD_BYTES + RPC_RECORD_MAX_BYTES];

	memset(bytes, 'x', sizeof(bytes));
	for (gsize length = 1; length <= RPC_RECORD_MAX_BYTES; length++) {
		rpc_record_reader reader;

		rpc_record_write((guint8 *)bytes, length);
		g_assert_cmpint(read_all(&reader, bytes, RPC_RECORD_HEAD_BYTES + length), ==,
			RPC_RECORD_WHOLE);
		g_assert_cmpmem(
			reader.record, reader.length, bytes + RPC_RECORD_HEAD_BYTES, length);
		g_assert_cmpint(read_all(&reader, bytes, RPC_RECORD_HEAD_BYTES + length - 1), ==,
			RPC_RECORD_MORE);
	}
}

#define CASE(bytes, state, record)                                                                 \
	{                                                                                          \
		bytes, sizeof(bytes) - 1, state, record                                            \
	}

static const struct {
	const char *bytes;
	gsize length;
	enum rpc_record_state state;
	const char *record;
} cases[] = {
	CASE("", RPC_RECORD_MORE, ""),
	CASE("\x80\0\0", RPC_RECORD_MORE, ""),
	CASE("\x80\0\0\3", RPC_RECORD_MORE, ""),
	CASE("\x80\0\0\3ab", RPC_RECORD_MORE, "ab"),
	CASE("\x80\0\0\3abc", RPC_RECORD_WHOLE, "abc"),
	CASE("\x80\0\0\3abc\xff\xff\xff\xff", RPC_RECORD_WHOLE, "abc"),
	CASE("\0\0\0\2ab\x80\0\0\1c", RPC_RECORD_WHOLE, "abc"),
	CASE("\0\0\0\1a\0\0\0\1b\0\0\0\1c", RPC_RECORD_MORE, "abc"),
	CASE("\0\0\0\1a\0\0\0\1b\x80\0\0\0", RPC_RECORD_WHOLE, "ab"),
	/* An empty record, and empty fragments, which could go on forever. */
	CASE("\x80\0\0\0", RPC_RECORD_BAD, ""),
	CASE("\0\0\0\0", RPC_RECORD_BAD, ""),
	CASE("\0\0\0\1a\0\0\0\0", RPC_RECORD_BAD, "a"),
	/* Too long, in one fragment or in several. */
	CASE("\x80\0\4\1", RPC_RECORD_BAD, ""),
	CASE("\xff\xff\xff\xff", RPC_RECORD_BAD, ""),
	CASE("\x7f\xff\xff\xff", RPC_RECORD_BAD, ""),
	CASE("\0\0\0\1a\x80\0\4\0", RPC_RECORD_BAD, "a"),
	CASE("HTTP/1.1 400 Bad Request\r\n", RPC_RECORD_BAD, ""),
};

static void test_cases(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *exact = g_memdup2(cases[i].bytes, cases[i].length);
		rpc_record_reader reader;

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
	g_test_add_func("/rpc_record/written-is-read", test_written_is_read);
	g_test_add_func("/rpc_record/cases", test_cases);
	return g_test_run();
}
