/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_STREAM_H
#define LOCKFERRY_NSM_STREAM_H

/*
 * One RPC call over a TCP connection of its own: connect, send the call as a record (rpc_record.h),
 * receive the record of the answer.
 *
 * stream_open() -> `done`, once -> stream_close(), also before that, or from within it. Nothing
 * blocks. A connection that is not there within two seconds, and an answer that is not whole within
 * five more, is none.
 */

#include "net/endpoint.h"

typedef struct stream stream;

/* `reply`: the answer as it came, without the marks; NULL where there is none. It is the stream's.
 */
typedef void (*stream_done)(const guint8 *reply, gsize length, void *data);

/*
 * From the address `source` to `to`. `call` (of WIRE_CALL_MAX_BYTES at most) is copied; `done` is
 * called from iterations of `context` only. NULL with `error` (failed) where the connection cannot
 * even be tried; `done` is not called then.
 */
stream *stream_open(GMainContext *context, const endpoint *source, const endpoint *to,
	const guint8 *call, gsize length, stream_done done, void *data, GError **error);

void stream_close(stream *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(stream, stream_close)

#endif
