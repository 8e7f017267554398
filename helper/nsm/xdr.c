/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/xdr.h"

#include <netinet/in.h>
#include <string.h>

static guint8 *reserve(xdr_writer *to, gsize length)
{
	if (to->overflow || to->size - to->used < length) {
		to->overflow = true;
		return NULL;
	}
	to->used += length;
	return to->buffer + to->used - length;
}

void xdr_put_number(xdr_writer *to, guint32 number)
{
	guint8 *at = reserve(to, 4);

	if (!at)
		return;
	number = htonl(number);
	memcpy(at, &number, 4);
}

/* XDR pads to multiples of four with zeros. */
static gsize padded(gsize length)
{
	return (length + 3) & ~(gsize)3;
}

void xdr_put_opaque(xdr_writer *to, const void *bytes, gsize length)
{
	guint8 *at;

	xdr_put_number(to, (guint32)length);
	at = reserve(to, padded(length));
	if (!at)
		return;
	memset(at, 0, padded(length));
	if (length > 0)
		memcpy(at, bytes, length);
}

void xdr_put_string(xdr_writer *to, const char *text)
{
	xdr_put_opaque(to, text, strlen(text));
}

gsize xdr_written(const xdr_writer *to)
{
	return to->overflow ? 0 : to->used;
}

bool xdr_take_number(xdr_reader *from, guint32 *number)
{
	if (from->remaining < 4)
		return false;
	memcpy(number, from->position, 4);
	*number = ntohl(*number);
	from->position += 4;
	from->remaining -= 4;
	return true;
}

bool xdr_take_opaque(xdr_reader *from, gsize limit, const guint8 **bytes, gsize *length)
{
	guint32 count;

	if (!xdr_take_number(from, &count) || count > limit || from->remaining < padded(count))
		return false;
	*bytes = from->position;
	*length = count;
	from->position += padded(count);
	from->remaining -= padded(count);
	return true;
}
