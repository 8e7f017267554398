/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_RPC_NULL_H
#define LOCKFERRY_KEEPER_RPC_NULL_H

#include <glib.h>
#include <stdbool.h>

/*
 * Whether the RPC service on that TCP port of 127.0.0.1 answers a call of procedure 0 within the
 * time: it runs, and is not stuck. Error (timeout, failed): why not. Blocks.
 */
bool rpc_null_answers(
	guint16 port, guint32 program, guint32 version, guint timeout_ms, GError **error);

#endif
