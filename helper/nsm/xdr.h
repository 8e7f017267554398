/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_XDR_H
#define LOCKFERRY_NSM_XDR_H

/* Numbers, texts and bytes as RPC packets have them: RFC 4506. Pure. */

#include <glib.h>
#include <stdbool.h>

/* The destination of a call: initialize `buffer` and `size`. After something did not fit, nothing
 * more is written. */
typedef struct xdr_writer {
	guint8 *buffer;
	gsize size;
	gsize used;
	bool overflow;
} xdr_writer;

void xdr_put_number(xdr_writer *to, guint32 number);
void xdr_put_opaque(xdr_writer *to, const void *bytes, gsize length);
void xdr_put_string(xdr_writer *to, const char *text);

/* The length, or 0 if something did not fit. */
gsize xdr_written(const xdr_writer *to);

/* The rest of a reply. */
typedef struct xdr_reader {
	const guint8 *position;
	gsize remaining;
} xdr_reader;

/* False: it is cut off, or longer than `limit`. `bytes` points into the packet. The padding must
 * exist, but its contents do not matter. */
bool xdr_take_number(xdr_reader *from, guint32 *number);
bool xdr_take_opaque(xdr_reader *from, gsize limit, const guint8 **bytes, gsize *length);

#endif
