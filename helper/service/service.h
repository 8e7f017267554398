/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_SERVICE_H
#define LOCKFERRY_SERVICE_SERVICE_H

/*
 * The process of one service group: takes it over, records its clients, tells them after a
 * failover, hands it over. docs/architecture.md tells the whole; group/phase.h has the phases.
 */

#include "group/options.h"

#include <glib.h>
#include <stdbool.h>

/* The group is adopted: the records are restored, grace is proven, the address may come. Called
 * once. */
typedef void (*service_ready)(void *data);

/*
 * Serve the group until it is stopped (by the control socket, SIGTERM or SIGINT). Runs a main loop
 * of the default main context. False with `error` where the group cannot be taken over; nothing is
 * changed then. log_open() goes before.
 */
bool service_run(
	const struct group_options *options, service_ready ready, void *data, GError **error);

/*
 * What service_run() does, without a main loop of its own: service_start(), which begins to take
 * the group over -> `ended`, once, when it was stopped, or cannot be taken over -> service_end().
 */
typedef struct service service;

struct service_events {
	service_ready ready;
	void (*ended)(void *data);
};

/* All is borrowed. NULL with `error`. */
service *service_start(const struct group_options *options, const struct service_events *events,
	void *data, GError **error);

/* As a signal does: even where the state cannot be saved. */
void service_stop(service *self);

/* Frees it. False with `error` where the group could not be taken over, or is another node's now.
 */
bool service_end(service *self, GError **error);

#endif
