/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nsm/rpc_record.h"

#include <netinet/in.h>
#include <string.h>

#define LAST_FRAGMENT 0x80000000u

void rpc_record_write(guint8 head[RPC_RECORD_HEAD_BYTES], gsize length)
{
	guint32 mark = htonl(LAST_FRAGMENT | (guint32)length);

	memcpy(head, &mark, RPC_RECORD_HEAD_BYTES);
}

/* Called when a mark is complete. An empty fragment may only end a record. Otherwise empty
 * fragments could go on for ever. */
static bool begin_fragment(rpc_record_reader *self)
{
	self->last = (self->head & LAST_FRAGMENT) != 0;
	self->remaining = self->head & ~LAST_FRAGMENT;
	self->head = 0;
	self->head_length = 0;
	return self->remaining <= sizeof(self->record) - self->length &&
	       (self->remaining > 0 || (self->last && self->length > 0));
}

enum rpc_record_state rpc_record_read(rpc_record_reader *self, const guint8 *bytes, gsize length)
{
	gsize at = 0;

	while (at < length) {
		if (self->remaining == 0) {
			self->head = self->head << 8 | bytes[at++];
			if (++self->head_length < RPC_RECORD_HEAD_BYTES)
				continue;
			if (!begin_fragment(self))
				return RPC_RECORD_BAD;
		} else {
			gsize part = MIN(self->remaining, length - at);

			memcpy(self->record + self->length, bytes + at, part);
			self->length += part;
			self->remaining -= (guint32)part;
			at += part;
		}
		if (self->remaining == 0 && self->last)
			return RPC_RECORD_WHOLE;
	}
	return RPC_RECORD_MORE;
}
