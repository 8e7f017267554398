/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_RPC_CALL_H
#define LOCKFERRY_KEEPER_RPC_CALL_H

/* Asks an RPC service of our network namespace by TCP, and waits for the answer. Blocks. */

#include "nsm/rpc_record.h"

#include <glib.h>
#include <stdbool.h>

/*
 * `call`: `length` bytes, with RPC_RECORD_HEAD_BYTES of room before them; `xid`: its transaction
 * id. It leaves from a privileged port if there is one, as servers require of clients. `reply` gets
 * the answer, which may still say that the call failed. Errors: timeout (the deadline, of
 * g_get_monotonic_time(), passed), failed.
 */
bool rpc_call(const char *address, guint16 port, guint8 *call, gsize length, guint32 xid,
	gint64 deadline_us, rpc_record_reader *reply, GError **error);

/*
 * Whether the RPC service on that TCP port of 127.0.0.1 answers a call of procedure 0 within the
 * time: it runs, and is not stuck. Error (timeout, failed): why not.
 */
bool rpc_null_answers(
	guint16 port, guint32 program, guint32 version, guint timeout_ms, GError **error);

#endif
