/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_KEEPER_STATUS_H
#define LOCKFERRY_KEEPER_KEEPER_STATUS_H

/*
 * What a keeper says of itself:
 *
 * {"group", "pid", "namespace": {"name", "inode"}, "scope", "directory",
 *  "link": link_to_json(), "firewall": firewall_to_json(), "daemons": daemons_look(),
 *  "threads": N, "started": BOOLEAN, "grace": N, "process_restarts": N, "busy_seconds": N,
 *  "lock_manager_silent_seconds": N, "problems": [TEXT, ...], "warnings": [TEXT, ...]}
 *
 * - `started`: start-server succeeded, and nothing stopped the server since;
 * - `grace`: how long the grace period of the last start was, in seconds; 0: this keeper started
 *   none;
 * - `process_restarts`: how often the keeper started the group's process again;
 * - `busy_seconds`: for how long the request at work has been at it;
 * - `lock_manager_silent_seconds`: for how long lockd has not answered; 0: it does;
 * - `warnings`: of something that hangs, and may yet answer.
 */

#include "keeper/daemons.h"
#include "keeper/server_options.h"

#include <json-glib/json-glib.h>

struct keeper_view {
	const server_options *options;
	daemons *daemons;
	bool started;
	guint grace_s;
	bool address_wanted; /* address-up succeeded, and address-down was not asked since */
	guint process_restarts;
	gint64 busy_ms;
};

/* The caller unrefs it. Reads a few small files. */
JsonObject *keeper_status(const struct keeper_view *view);

#endif
