/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drill/preflight.h"

#include "base/error.h"

/* Takes ownership of `text`. */
static void add(GPtrArray *findings, bool wrong, char *text)
{
	if (wrong)
		g_ptr_array_add(findings, text);
	else
		g_free(text);
}

static void judge_cluster(const struct preflight_question *self, GPtrArray *findings)
{
	const crm_mon *cluster = self->cluster;

	add(findings, !cluster->has_dc,
		g_strdup_printf(
			"the cluster has no DC yet: wait until 'crm_mon -1' shows a Current DC"));
	add(findings, cluster->has_dc && !cluster->quorum,
		g_strdup_printf("the cluster has no quorum: bring back the missing nodes"));
	add(findings, cluster->maintenance,
		g_strdup_printf(
			"the cluster is in maintenance mode: end it with 'crm_attribute --name maintenance-mode --delete'"));
	add(findings, cluster->stopped,
		g_strdup_printf(
			"the cluster is configured to stop all resources: end it with 'crm_attribute --name stop-all-resources --delete'"));
	add(findings, self->fence && !cluster->fencing,
		g_strdup_printf(
			"the cluster may not fence, because fencing-enabled or stonith-enabled is false: set up fencing, or drill without --fence"));
}

static void judge_node(const crm_mon_node *node, GPtrArray *findings)
{
	const char *name = node->name;

	if (node->unclean)
		add(findings, true,
			g_strdup_printf(
				"node '%s' is unclean: fence it, or see why it was not fenced yet",
				name));
	else if (!node->online || node->pending || node->shutdown)
		add(findings, true,
			g_strdup_printf(
				"node '%s' is not online: start the cluster there, or wait for it",
				name));
	add(findings, node->standby,
		g_strdup_printf(
			"node '%s' is in standby: end it with 'crm_standby --delete --node %s'",
			name, name));
	add(findings, node->maintenance,
		g_strdup_printf(
			"node '%s' is in maintenance: end it with 'crm_attribute --node %s --name maintenance --delete'",
			name, name));
}

static bool is_member(const struct plan *plan, const char *id)
{
	for (guint i = 0; i < plan->members->len; i++) {
		if (g_str_equal(g_ptr_array_index(plan->members, i), id))
			return true;
	}
	return false;
}

/* A resource that is stopped on purpose is fine. A clone may have spare instances. */
static bool is_down(const crm_mon_resource *resource, bool member)
{
	return !resource->active && !resource->orphaned &&
	       (member || (!resource->cloned && !g_str_equal(resource->target_role, "Stopped")));
}

static void judge_resource(const crm_mon_resource *resource, bool member, GPtrArray *findings)
{
	const char *id = resource->id;

	add(findings, resource->failed || resource->blocked,
		g_strdup_printf(
			"resource '%s' has failed: repair it, then run 'crm_resource --cleanup --resource %s'",
			id, id));
	add(findings, is_down(resource, member),
		g_strdup_printf(
			"resource '%s' is stopped: start it, or see why it is stopped", id));
	add(findings, resource->pending[0] != '\0',
		g_strdup_printf(
			"resource '%s' is changing (%s): wait for it with 'crm_resource --wait'",
			id, resource->pending));
	add(findings, member && !resource->managed,
		g_strdup_printf("resource '%s' is unmanaged: let the cluster manage it", id));
}

/* A degraded resource still works. */
static void judge_failure(const crm_mon_failure *failure, GPtrArray *findings)
{
	add(findings, failure->status != CRM_EX_DEGRADED,
		g_strdup_printf(
			"action '%s' has failed on node '%s': see why, then run 'crm_resource --cleanup'",
			failure->action, failure->node));
}

/* A constraint of an earlier move would keep the group on that node. */
static void judge_move(const struct plan *plan, const cib_move *move, GPtrArray *findings)
{
	add(findings, g_str_equal(move->resource, plan->unit) || is_member(plan, move->resource),
		g_strdup_printf(
			"the constraint '%s' is left from an earlier move: remove it with 'crm_resource --clear --resource %s'",
			move->id, move->resource));
}

char *preflight_attribute(const char *group)
{
	return g_strconcat("nfslock-", group, NULL);
}

static void judge_service(const struct preflight_question *self, GPtrArray *findings)
{
	g_autofree char *name = preflight_attribute(self->group);
	const char *from = self->plan->source;
	const char *value = crm_mon_attribute(self->cluster, from, name);

	add(findings, value == NULL || !g_str_has_prefix(value, "serving"),
		g_strdup_printf(
			"node '%s' does not report that it serves group '%s' (%s is '%s'): wait for its next monitor, or see 'lockferry status' there",
			from, self->group, name, value != NULL ? value : ""));
}

GPtrArray *preflight_judge(const struct preflight_question *self)
{
	GPtrArray *findings = g_ptr_array_new_with_free_func(g_free);
	const crm_mon *cluster = self->cluster;

	judge_cluster(self, findings);
	for (guint i = 0; i < cluster->nodes->len; i++)
		judge_node(g_ptr_array_index(cluster->nodes, i), findings);
	for (guint i = 0; i < cluster->resources->len; i++) {
		const crm_mon_resource *resource = g_ptr_array_index(cluster->resources, i);

		judge_resource(resource, is_member(self->plan, resource->id), findings);
	}
	for (guint i = 0; i < cluster->failures->len; i++)
		judge_failure(g_ptr_array_index(cluster->failures, i), findings);
	for (guint i = 0; i < self->configuration->moves->len; i++)
		judge_move(self->plan, g_ptr_array_index(self->configuration->moves, i), findings);
	judge_service(self, findings);
	return findings;
}
