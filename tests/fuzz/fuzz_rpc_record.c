/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/rpc_record.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_bounds(const rpc_record_reader *reader)
{
	g_assert_cmpuint(reader->length, <=, RPC_RECORD_MAX_BYTES);
	g_assert_cmpuint(reader->remaining, <=, RPC_RECORD_MAX_BYTES - reader->length);
}

/* The result is the same for pieces of any size as for one piece. The first byte sets the size. */
static void in_pieces(const uint8_t *data, size_t size)
{
	gsize piece = 1u + data[0] % 7u;
	rpc_record_reader whole = {0}, pieces = {0};
	enum rpc_record_state state = RPC_RECORD_MORE;
	enum rpc_record_state expected = rpc_record_read(&whole, data + 1, size - 1);

	for (gsize at = 1; at < size && state == RPC_RECORD_MORE; at += piece) {
		gsize length = MIN(piece, size - at);
		g_autofree guint8 *exact = g_memdup2(data + at, length);

		state = rpc_record_read(&pieces, exact, length);
	}
	g_assert_cmpint(state, ==, (int)expected);
	g_assert_cmpmem(pieces.record, pieces.length, whole.record, whole.length);
	if (state != RPC_RECORD_BAD) {
		check_bounds(&whole);
		check_bounds(&pieces);
	}
	g_assert_true(state != RPC_RECORD_WHOLE || whole.length > 0);
}

/* The input as a record, in fragments of the length that the first byte sets: read(write(x)) ==
 * x. */
static void as_record(const uint8_t *data, size_t size)
{
	gsize fragment = 1u + data[0];
	gsize length = size - 1;
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	rpc_record_reader reader = {0};

	for (gsize at = 0; at < length; at += fragment) {
		gsize part = MIN(fragment, length - at);
		guint8 head[RPC_RECORD_HEAD_BYTES];

		rpc_record_write(head, part);
		if (at + part < length)
			head[0] &= 0x7f;
		g_byte_array_append(bytes, head, sizeof(head));
		g_byte_array_append(bytes, data + 1 + at, (guint)part);
	}

	enum rpc_record_state state = rpc_record_read(&reader, bytes->data, bytes->len);
	if (length == 0) {
		g_assert_cmpint(state, ==, RPC_RECORD_MORE);
	} else if (length > RPC_RECORD_MAX_BYTES) {
		g_assert_cmpint(state, ==, RPC_RECORD_BAD);
	} else {
		g_assert_cmpint(state, ==, RPC_RECORD_WHOLE);
		g_assert_cmpmem(reader.record, reader.length, data + 1, length);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	in_pieces(data, size);
	as_record(data, size);
	return 0;
}
