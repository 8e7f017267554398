/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * server/own.h: the keeper of the group's own NFS server, on the model of the node's. It goes on
 * when the group's process is killed, it may fail, and what it did up to then stays done. lockd's
 * thread is there all the time, as other groups would keep it: a start is another listener.
 */

#include "base/error.h"
#include "chance.h"
#include "faults.h"
#include "node.h"
#include "server/own.h"
#include "story.h"

#define SERVER_THREADS 8

/* One in so many requests fails, as long as there are faults. */
#define FAILS_ONE_IN 30

static bool fails(void)
{
	return !faults_are_over(0) && chance_one_in(FAILS_ONE_IN);
}

/* Whether what was asked for comes to its end, as it may although nobody waits for it. */
static bool work(struct node *node, gint64 most_us)
{
	guint boots = node->boots;

	fiber_sleep(chance_us(most_us / 10, most_us));
	return node->up && node->boots == boots && (!actor_is_dead() || chance_one_in(2));
}

static bool refuse(const char *what, GError **error)
{
	g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "the keeper cannot %s the NFS server", what);
	return false;
}

bool own_server_start(const char *run_dir G_GNUC_UNUSED, const char *group G_GNUC_UNUSED,
	guint grace_s, gint64 deadline_us G_GNUC_UNUSED, GError **error)
{
	struct node *node = sim_actor->node;
	bool fault = fails();

	if (work(node, 3 * G_USEC_PER_SEC) && (!fault || chance_one_in(2)))
		node_start_server_for(node, SERVER_THREADS, grace_s);
	else
		fault = true;
	return (!fault && !actor_is_dead()) || refuse("start", error);
}

bool own_server_stop(const char *run_dir G_GNUC_UNUSED, const char *group G_GNUC_UNUSED,
	gint64 deadline_us G_GNUC_UNUSED, GError **error)
{
	struct node *node = sim_actor->node;
	bool fault = fails();

	if (work(node, 2 * G_USEC_PER_SEC) && (!fault || chance_one_in(2)))
		node_stop_server(node);
	else
		fault = true;
	return (!fault && !actor_is_dead()) || refuse("stop", error);
}

/* The nodes of a cluster have servers of one kind. */
char *own_server_find(const char *run_dir G_GNUC_UNUSED, const char *group G_GNUC_UNUSED)
{
	return NULL;
}

JsonObject *own_server_status(const char *run_dir G_GNUC_UNUSED, const char *group G_GNUC_UNUSED,
	gint64 deadline_us G_GNUC_UNUSED, GError **error)
{
	JsonObject *status;

	fiber_sleep(chance_us(1000, 20000));
	if (actor_is_dead()) {
		g_set_error(error, LF_ERROR, LF_ERROR_NOT_RUNNING, "no keeper");
		return NULL;
	}
	status = json_object_new();
	json_object_set_array_member(status, "problems", json_array_new());
	return status;
}
