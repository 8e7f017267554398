/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCKFERRY_SERVICE_SERVER_WATCH_H
#define LOCKFERRY_SERVICE_SERVER_WATCH_H

/*
 * How the group's own NFS server is: what its keeper says of it (server/own.h), and its NFSv4
 * clients. Both take time, so a look is a job of a thread that may wait.
 *
 * server_watch_new() -> server_watch_look() each second -> the view -> server_watch_free(), after
 * the worker. The problem is PROBLEM_SERVER: what the keeper calls one; or there is no keeper, or
 * it does not answer. What the keeper calls a warning is PROBLEM_KEEPER.
 */

#include "base/worker.h"
#include "group/options.h"
#include "service/problems.h"
#include "service/situation.h"

#include <json-glib/json-glib.h>

typedef struct server_watch server_watch;

/* All is borrowed. */
server_watch *server_watch_new(
	const struct group_options *options, worker *looks, struct problems *problems);

/* Every five seconds at most, while the server is meant to run. */
void server_watch_look(server_watch *self, const struct situation *now);

/* The group got into another phase: what a look that is under way finds out is not wanted. */
void server_watch_renew(server_watch *self);

/* All is the watch's. */
struct server_view {
	JsonObject *keeper;            /* its answer to "status"; NULL: none is known */
	const GPtrArray *nfs4_clients; /* of struct nfs4_client (kernel/nfs4_clients.h); NULL: the
					  kernel does not tell, or nobody has looked yet */
	guint nfs4_count;              /* how many they are */
};

struct server_view server_watch_view(const server_watch *self);

void server_watch_free(server_watch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(server_watch, server_watch_free)

#endif
