/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_RPC_RECORD_H
#define LOCKFERRY_NSM_RPC_RECORD_H

/*
 * Where an RPC message begins and ends in a stream of bytes: record marking, RFC 5531 section 11. A
 * message is a record of one or more fragments. Four bytes precede each fragment: its length, with
 * the highest bit set for the last fragment. Pure: buffers in, buffers out, nothing to free.
 *
 * A reader reads one record: initialize it with {0}, then pass the bytes to rpc_record_read() as
 * they arrive, until the result is not RPC_RECORD_MORE.
 */

#include <glib.h>
#include <stdbool.h>

#define RPC_RECORD_HEAD_BYTES 4

/* The longest record that is read. It is the same as for UDP, where the longest reply is that of
 * a GETADDR with a verifier of 400 bytes. */
#define RPC_RECORD_MAX_BYTES 1024

typedef struct rpc_record_reader {
	guint8 record[RPC_RECORD_MAX_BYTES]; /* the bytes read so far, without the marks */
	gsize length;
	guint32 head;      /* the bytes of the current mark that have arrived */
	guint head_length; /* 0 to 4 bytes */
	guint32 remaining; /* of the current fragment */
	bool last;
} rpc_record_reader;

enum rpc_record_state {
	RPC_RECORD_MORE,  /* the record is incomplete */
	RPC_RECORD_WHOLE, /* it is in `record`; bytes after it were not read */
	RPC_RECORD_BAD,   /* it would be too long, or it is empty: close the stream */
};

/* Writes the mark of a record with a single fragment. `length` must be below 2^31. */
void rpc_record_write(guint8 head[RPC_RECORD_HEAD_BYTES], gsize length);

enum rpc_record_state rpc_record_read(rpc_record_reader *self, const guint8 *bytes, gsize length);

#endif
