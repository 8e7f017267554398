/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_RPC_RECORD_H
#define LOCKFERRY_NSM_RPC_RECORD_H

/*
 * Where an RPC message begins and ends in a stream of bytes: record marking, RFC 5531 section 11. A
 * message is a record of one or more fragments; before each are four bytes: its length, of which
 * the highest bit says that it is the last. Pure: buffers in, buffers out, nothing to free.
 *
 * A reader takes one record: = {0} -> rpc_record_read() with the bytes as they come, until it says
 * something else than RPC_RECORD_MORE.
 */

#include <glib.h>
#include <stdbool.h>

#define RPC_RECORD_HEAD_BYTES 4

/* The longest record that is read: as that of UDP, whose longest reply is a GETADDR's with a
 * verifier of 400 bytes. */
#define RPC_RECORD_MAX_BYTES 1024

typedef struct rpc_record_reader {
	guint8 record[RPC_RECORD_MAX_BYTES]; /* what was read of it, without the marks */
	gsize length;
	guint32 head;      /* as much as came of the mark at hand */
	guint head_length; /* 0 to 4 bytes */
	guint32 remaining; /* of the fragment at hand */
	bool last;
} rpc_record_reader;

enum rpc_record_state {
	RPC_RECORD_MORE,  /* the record goes on */
	RPC_RECORD_WHOLE, /* it's in `record`; what came behind it was left alone */
	RPC_RECORD_BAD,   /* it would be too long, or consists of nothing: give the stream up */
};

/* Write what comes before a record of one fragment; `length` is below 2^31. */
void rpc_record_write(guint8 head[RPC_RECORD_HEAD_BYTES], gsize length);

enum rpc_record_state rpc_record_read(rpc_record_reader *self, const guint8 *bytes, gsize length);

#endif
