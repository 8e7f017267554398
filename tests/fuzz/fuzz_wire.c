/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/wire.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define VERIFIER_MAX_BYTES 400
#define HEADER_BYTES 40

static guint32 number_at(const uint8_t *at)
{
	guint32 number;

	memcpy(&number, at, sizeof(number));
	return ntohl(number);
}

/* The input as a packet: no reader goes beyond its end, and a refused packet gives a reason and
 * sets no port. */
static void as_reply(const uint8_t *data, size_t size)
{
	bool (*const readers[])(const guint8 *, gsize, uint16_t *, const char **) = {
		wire_getport_reply, wire_getaddr_reply};
	const char *why = NULL;
	guint32 xid;

	if (wire_reply_xid(data, size, &xid))
		g_assert_cmpuint(xid, ==, number_at(data));
	else
		g_assert_false(wire_notify_reply(data, size, &why));
	for (gsize i = 0; i < G_N_ELEMENTS(readers); i++) {
		uint16_t port = 4711;

		why = NULL;
		if (readers[i](data, size, &port, &why)) {
			/* If there are results, the call succeeded; a truncated packet never
			 * succeeds. */
			g_assert_true(wire_notify_reply(data, size, &why));
			continue;
		}
		g_assert_nonnull(why);
		g_assert_cmpuint(port, ==, 4711);
	}
}

/* The input as the contents of a reply: read(write(x)) == x, with the input's verifier as well. */
static void as_port(const uint8_t *data, size_t size)
{
	if (size < 8)
		return;

	uint16_t port = (uint16_t)number_at(data);
	gsize verifier_length = size - 8;
	gsize padded = (verifier_length + 3) & ~(gsize)3;
	const guint32 head[] = {
		htonl(1), htonl(1), 0, htonl(number_at(data + 4)), htonl((guint32)verifier_length)};
	const guint32 tail[] = {0, htonl(port)};
	gsize length = sizeof(head) + padded + sizeof(tail);
	g_autofree guint8 *packet = g_malloc0(length);
	const char *why;
	uint16_t answer;

	memcpy(packet, head, sizeof(head));
	memcpy(packet + sizeof(head), data + 8, verifier_length);
	memcpy(packet + sizeof(head) + padded, tail, sizeof(tail));

	bool good = wire_getport_reply(packet, length, &answer, &why);
	g_assert_true(good == (verifier_length <= VERIFIER_MAX_BYTES));
	g_assert_true(!good || answer == port);
}

/* The input as a name: the call contains it, padded with zeros to a multiple of four, followed by
 * the state. */
static void as_name(const uint8_t *data, size_t size)
{
	guint8 call[WIRE_CALL_MAX_BYTES];
	const guint8 zeros[4] = {0};
	g_autofree char *name = g_strndup((const char *)data, size);
	gsize name_length = strlen(name);
	gsize padded = (name_length + 3) & ~(gsize)3;
	gsize length = wire_notify_call(call, sizeof(call), 7, name, -4711);

	if (name_length > 255) {
		g_assert_cmpuint(length, ==, 0);
		return;
	}
	g_assert_cmpuint(length, ==, HEADER_BYTES + 4 + padded + 4);
	g_assert_cmpuint(number_at(call + HEADER_BYTES), ==, name_length);
	g_assert_cmpmem(call + HEADER_BYTES + 4, name_length, name, name_length);
	g_assert_cmpmem(call + HEADER_BYTES + 4 + name_length, padded - name_length, zeros,
		padded - name_length);
	g_assert_cmpint((gint32)number_at(call + length - 4), ==, -4711);
	g_assert_cmpuint(wire_notify_call(call, length - 1, 7, name, -4711), ==, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t nothing[1];

	/* libFuzzer gives NULL for an empty input. */
	data = data ? data : nothing;
	as_reply(data, size);
	as_port(data, size);
	as_name(data, size);
	return 0;
}
