/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/marking.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_bounds(const marking_reader *reader)
{
	g_assert_cmpuint(reader->length, <=, MARKING_RECORD_MAX_BYTES);
	g_assert_cmpuint(reader->left, <=, MARKING_RECORD_MAX_BYTES - reader->length);
}

/* In pieces of any size it reads the same as in one. The first byte says how large they are. */
static void in_pieces(const uint8_t *data, size_t size)
{
	gsize piece = 1u + data[0] % 7u;
	marking_reader whole = {0}, pieces = {0};
	enum marking_state state = MARKING_MORE;
	enum marking_state expected = marking_read(&whole, data + 1, size - 1);

	for (gsize at = 1; at < size && state == MARKING_MORE; at += piece) {
		gsize length = MIN(piece, size - at);
		g_autofree guint8 *exact = g_memdup2(data + at, length);

		state = marking_read(&pieces, exact, length);
	}
	g_assert_cmpint(state, ==, (int)expected);
	g_assert_cmpmem(pieces.record, pieces.length, whole.record, whole.length);
	if (state != MARKING_BAD) {
		check_bounds(&whole);
		check_bounds(&pieces);
	}
	g_assert_true(state != MARKING_WHOLE || whole.length > 0);
}

/* The input as a record, in fragments as long as the first byte says: read(write(x)) == x. */
static void as_record(const uint8_t *data, size_t size)
{
	gsize fragment = 1u + data[0];
	gsize length = size - 1;
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	marking_reader reader = {0};

	for (gsize at = 0; at < length; at += fragment) {
		gsize part = MIN(fragment, length - at);
		guint8 head[MARKING_HEAD_BYTES];

		marking_write(head, part);
		if (at + part < length)
			head[0] &= 0x7f;
		g_byte_array_append(bytes, head, sizeof(head));
		g_byte_array_append(bytes, data + 1 + at, (guint)part);
	}

	enum marking_state state = marking_read(&reader, bytes->data, bytes->len);
	if (length == 0) {
		g_assert_cmpint(state, ==, MARKING_MORE);
	} else if (length > MARKING_RECORD_MAX_BYTES) {
		g_assert_cmpint(state, ==, MARKING_BAD);
	} else {
		g_assert_cmpint(state, ==, MARKING_WHOLE);
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
