/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_KEEPER_DAEMONS_H
#define LOCKFERRY_KEEPER_DAEMONS_H

/*
 * The daemons of a group's own server, in the order in which they need each other: rpcbind,
 * rpc.statd, nfsdcld (only where NFSv4 is served), rpc.mountd.
 *
 * daemons_new() -> daemons_adopt() -> daemons_start() -> daemons_check() now and then ->
 * daemons_end() -> daemons_free(). daemons_new() and daemons_free() are for the thread of the main
 * loop, as are daemons_know_services() and daemons_revive(). The others but daemons_adopt() and
 * daemons_look() block: for a worker.
 *
 * A restarted rpcbind knows no service. So those that it knew are noted at each check, and
 * registered again after a restart (registrations.h).
 */

#include "keeper/server_options.h"

#include <json-glib/json-glib.h>
#include <stdbool.h>

typedef struct daemons daemons;

/* rpcbind was restarted by the main loop: have a worker call daemons_register(). */
typedef void (*daemons_lost_registrations)(void *data);

daemons *daemons_new(const server_options *options, daemons_lost_registrations lost, void *data);
void daemons_free(daemons *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(daemons, daemons_free)

/* Whether their programs are on this node, and those that start the server. Error: not installed.
 */
bool daemons_are_installed(const server_options *options, GError **error);

/* Take over those that run in our network namespace. Returns how many. */
guint daemons_adopt(daemons *self);

/* Whether rpcbind runs. */
bool daemons_know_services(daemons *self);

/* Of a server that runs, start those that died together with their keeper. */
void daemons_revive(daemons *self);

/* Start those that do not run, each once the one before it answers. Error: not installed, failed.
 */
bool daemons_start(daemons *self, gint64 deadline_us, GError **error);

/* Ask each whether it answers; kill one that does not twice in a row, so that it is restarted. Ask
 * lockd, too, which nobody can kill. Note what rpcbind knows. */
void daemons_check(daemons *self);

/* Where lockd listens, by TCP; 0: not known. For any thread. */
guint16 daemons_lockd_port(daemons *self);

/* Wake lockd, by the port that was noted (lockd_wake.h). For any thread. */
void daemons_wake_lockd(daemons *self);

/* Give rpcbind what was noted. */
void daemons_register(daemons *self);

/* End them. Error (failed): one is still there. */
bool daemons_end(daemons *self, gint64 deadline_us, GError **error);

/*
 * Add the problems and the warnings of each to these arrays (of strings), and describe it:
 * [{"name", "pid", "since", "restarts", "state": "running", "restarting", "stopped"}]. One that has
 * not answered for `hang_limit_s` is a problem, before that and if this is 0 a warning. lockd is
 * one thread for all groups, and nobody can tell for which it waits: that is a warning.
 */
JsonArray *daemons_look(
	daemons *self, guint hang_limit_s, JsonArray *problems, JsonArray *warnings);

/* For how long lockd has not answered, in seconds; 0: it answers, or nobody knows where it listens.
 */
guint daemons_lockd_silent_s(daemons *self);

#endif
