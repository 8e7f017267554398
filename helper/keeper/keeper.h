/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_KEEPER_H
#define LOCKFERRY_KEEPER_KEEPER_H

/*
 * The keeper of a group's own NFS server: a process in the group's network, mount and UTS
 * namespaces and in the node's PID namespace. It runs the daemons of nfs-utils, starts and stops
 * the kernel's server, brings and takes the addresses. It does nothing of this by itself: it is
 * asked over its socket (server/own.h), by `lockferry server start` and `stop` and by the group's
 * process.
 *
 * Requests: start-server SECONDS (of grace, 10 to 240), stop-server, address-up, address-down,
 * reload, leave, wake (lockd_wake.h), status (keeper_status.h). The answer of the others is
 * {"error": TEXT}, or {} with {"grace": BOOLEAN} for start-server.
 *
 * When a keeper dies, the server and its daemons go on. The next keeper takes them over.
 */

#include "keeper/server_options.h"

#include <stdbool.h>

/* All is set up, or taken over, and requests are answered. */
typedef void (*keeper_ready)(void *data);

/*
 * Enter the namespaces, or make them, and keep the server until `leave`. The network namespace
 * must exist. The process must have one thread. Takes `options`. Error: what could not be set up.
 */
bool keeper_run(server_options *options, keeper_ready ready, void *data, GError **error);

#endif
