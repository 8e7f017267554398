/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_NSM_STREAM_H
#define LOCKFERRY_NSM_STREAM_H

/*
 * One RPC call over its own TCP connection: it connects, sends the call as a record (rpc_record.h)
 * and receives the record of the answer.
 *
 * Order of calls: stream_open() -> `done` is called once -> stream_close(). stream_close() may also
 * be called before `done`, or from within it. Nothing blocks. The connection must be made within
 * two seconds, and the answer must be complete within five more. Otherwise there is no answer.
 */

#include "net/endpoint.h"

typedef struct stream stream;

/* `reply` is the answer without the marks, or NULL if there is none. The stream owns it. */
typedef void (*stream_done)(const guint8 *reply, gsize length, void *data);

/*
 * Connects from the address `source` to `to`. `call` (at most WIRE_CALL_MAX_BYTES) is copied. Only
 * iterations of `context` call `done`. Returns NULL with LF_ERROR_FAILED if the connection cannot
 * even be tried; then `done` is not called.
 */
stream *stream_open(GMainContext *context, const endpoint *source, const endpoint *to,
	const guint8 *call, gsize length, stream_done done, void *data, GError **error);

void stream_close(stream *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(stream, stream_close)

#endif
