/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fencer.h"

#include "base/error.h"
#include "chance.h"
#include "cluster/fencing_history.h"
#include "network.h"
#include "node/fencing.h"
#include "process.h"
#include "story.h"

#include <string.h>

#define FENCING_LEAST_US (500 * 1000)
#define FENCING_MOST_US (10 * G_USEC_PER_SEC)
#define BOOT_LEAST_US (3 * G_USEC_PER_SEC)
#define BOOT_MOST_US (40 * G_USEC_PER_SEC)

/* Where the history cannot be asked for a moment. */
#define ASK_US (300 * 1000)

static struct {
	bool wanted;
	guint boots;
} nodes[NODES_MAX];
static GString *events; /* of the history, as stonith_admin prints them */
static gint64 extra_us;
static guint failures;

void fencer_begin(void)
{
	memset(nodes, 0, sizeof(nodes));
	events = g_string_new(NULL);
	extra_us = 0;
	failures = 0;
}

void fencer_end(void)
{
	g_string_free(events, TRUE);
}

bool fencer_wants(const struct node *node)
{
	return nodes[node->number].wanted;
}

void fencer_hinder(gint64 delay_us, guint how_many)
{
	story("fencing will take %.1f s longer, and fail %u times",
		(double)delay_us / G_USEC_PER_SEC, how_many);
	extra_us = delay_us;
	failures = how_many;
}

static void boot(void *data)
{
	struct node *node = data;

	if (node->up)
		return;
	node->isolated = false;
	node_boot(node);
}

/* Everything there ends: agents with what they wait for, then processes, then the node. */
void fencer_cut(struct node *node, gint64 boots_after_us)
{
	if (!node->up)
		return;
	cluster_kill_agents(node);
	for (guint i = cluster.processes->len; i-- > 0;) {
		struct process *one = cluster.processes->pdata[i];

		if (one->node == node)
			process_kill(one);
	}
	for (guint i = 0; i < cluster.setup.groups; i++) {
		for (guint j = 0; j < cluster.setup.addresses; j++) {
			if (cluster.groups[i]->address_at[j] == node)
				network_move(cluster.groups[i], j, NULL);
		}
	}
	node_cut(node);
	sim_after(boots_after_us, NULL, boot, node);
}

/* Pacemaker's own clock: that of the first node. */
static void note_fencing(const struct node *node)
{
	gint64 now_us = sim_now() + cluster.nodes[0]->wall_at_zero_us;
	g_autoptr(GDateTime) when = g_date_time_new_from_unix_utc(now_us / G_USEC_PER_SEC);
	g_autofree char *text = g_date_time_format(when, "%Y-%m-%d %H:%M:%S");

	g_string_append_printf(events,
		"<fence_event action=\"reboot\" target=\"%s\" client=\"pacemaker\" "
		"origin=\"node1\" status=\"success\" completed=\"%s.%06d Z\"/>",
		node->name, text, (int)(now_us % G_USEC_PER_SEC));
}

static void try_to_fence(void *data)
{
	struct node *node = data;

	/* It came back in the meantime, as another boot: the cluster sees it as a new member. */
	if (node->up && !node->isolated && node->boots != nodes[node->number].boots) {
		nodes[node->number].wanted = false;
		return;
	}
	if (failures > 0) {
		failures--;
		story("fencing of %s fails", node->name);
		sim_after(chance_us(FENCING_LEAST_US, FENCING_MOST_US) + extra_us, NULL,
			try_to_fence, node);
		return;
	}
	extra_us = 0;
	story("%s is fenced", node->name);
	note_fencing(node);
	fencer_cut(node, chance_us(BOOT_LEAST_US, BOOT_MOST_US));
	nodes[node->number].wanted = false;
}

void fencer_want(struct node *node, const char *why)
{
	if (nodes[node->number].wanted)
		return;
	nodes[node->number].wanted = true;
	nodes[node->number].boots = node->boots;
	story("%s must be fenced: %s", node->name, why);
	sim_after(
		chance_us(FENCING_LEAST_US, FENCING_MOST_US) + extra_us, NULL, try_to_fence, node);
}

/* node/fencing.h */

fencing_history *fencing_ask(GError **error)
{
	g_autofree char *text = NULL;

	fiber_sleep(chance_us(1000, ASK_US));
	if (actor_is_dead() || chance_one_in(10)) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "no fencer answers");
		return NULL;
	}
	text = g_strdup_printf("<pacemaker-result><fence_history>%s</fence_history>"
			       "<status code=\"0\" message=\"OK\"/></pacemaker-result>",
		events->str);
	return fencing_history_parse(text, strlen(text), error);
}

char *fencing_boot_of(const char *name, GError **error)
{
	fiber_sleep(chance_us(1000, ASK_US));
	if (actor_is_dead() || chance_one_in(10)) {
		g_set_error(error, LF_ERROR, LF_ERROR_FAILED, "the cluster cannot be asked");
		return NULL;
	}
	for (guint i = 0; i < cluster.setup.nodes; i++) {
		const struct node *node = cluster.nodes[i];

		if (g_str_equal(node->name, name) && node->up && !node->isolated &&
			!fencer_wants(node) && node->published_boot[0] != '\0')
			return g_strdup(node->published_boot);
	}
	return NULL;
}
