/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_SERVICE_H
#define LOCKFERRY_SERVICE_SERVICE_H

/*
 * The process of one service group: takes the group over, records its clients, tells them after a
 * failover, and hands the group over. docs/architecture.md explains all of it; group/phase.h has
 * the phases.
 */

#include "group/options.h"

#include <glib.h>
#include <stdbool.h>

/* The group is adopted: its records are in statd's directory, a grace period is proven if one is
 * needed, and the address may come. Called once. */
typedef void (*service_ready)(void *data);

/*
 * Serves the group until it is stopped (by the control socket, SIGTERM or SIGINT). Runs a main loop
 * of the default main context. Returns false with `error` if the group cannot be taken over;
 * nothing is changed in this case. Call log_open() first.
 */
bool service_run(
	const struct group_options *options, service_ready ready, void *data, GError **error);

/*
 * The same without a main loop of its own. Order of calls: service_start(), which begins the
 * takeover -> `ended`, once, when the group was stopped or cannot be taken over -> service_end().
 */
typedef struct service service;

struct service_events {
	service_ready ready;
	void (*ended)(void *data);
};

/* All arguments are borrowed. Returns NULL with `error`. */
service *service_start(const struct group_options *options, const struct service_events *events,
	void *data, GError **error);

/* Stops the group as a signal does: even if the state cannot be saved. */
void service_stop(service *self);

/* Frees the service. Returns false with `error` if the group could not be taken over, or if another
 * node has taken it over. */
bool service_end(service *self, GError **error);

#endif
