/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_SERVICE_H
#define LOCKFERRY_SERVICE_SERVICE_H

/*
 * The process of one service group: takes it over, records its clients, tells them after a
 * failover, hands it over. docs/architecture.md tells the whole; group/phase.h has the phases.
 */

#include "group/options.h"

#include <glib.h>

/* The group is adopted: the records are restored, grace is proven, the address may come. Called
 * once. */
typedef void (*service_ready)(void *data);

/*
 * Serve the group until it is stopped (by the control socket, SIGTERM or SIGINT). Runs a main loop
 * of the default main context. False with `error` where the group can't be taken over; nothing is
 * changed then. log_open() goes before.
 */
bool service_run(
	const struct group_options *options, service_ready ready, void *data, GError **error);

#endif
