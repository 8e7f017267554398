/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check.h"

#include "cluster/resources.h"
#include "node/fencing.h"

#include <stdlib.h>

static void check_history(struct findings *findings)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(fencing_history) history = fencing_ask(&error);

	if (history != NULL)
		finding_add(findings, FINDING_OK, "", "Pacemaker's fencing history can be asked");
	else
		finding_add(findings, FINDING_WARNING,
			"start the cluster on this node, and see what 'stonith_admin --history *' says; or start with require_fencing=no and make sure yourself that the other node is down",
			"cannot ask for Pacemaker's fencing history (%s): a group can be taken over only from a node that released it or was booted since",
			error->message);
}

/* With a watchdog alone (sbd), the cluster waits for so long until it calls a lost node fenced; 0:
 * it does not. A negative value has it computed. */
static bool fences_by_watchdog(const cib *cluster)
{
	const char *timeout = cib_property(cluster, "fencing-watchdog-timeout");

	if (timeout == NULL)
		timeout = cib_property(cluster, "stonith-watchdog-timeout");
	return timeout != NULL && strtol(timeout, NULL, 10) != 0;
}

/* Whether a group of ours waits for a fencing. */
static bool has_groups(const cib *cluster)
{
	for (guint i = 0; i < cluster->resources->len; i++) {
		if (resource_is_service(g_ptr_array_index(cluster->resources, i)))
			return true;
	}
	return false;
}

static void check_devices(const cib *cluster, struct findings *findings)
{
	if (!cib_fences(cluster) || !has_groups(cluster) || fences_by_watchdog(cluster))
		return;
	for (guint i = 0; i < cluster->resources->len; i++) {
		const cib_resource *one = g_ptr_array_index(cluster->resources, i);

		if (g_str_has_prefix(one->agent, "stonith:"))
			return;
	}
	finding_add(findings, FINDING_WARNING,
		"create a fencing device for each node, such as: pcs stonith create; then try it: pcs stonith fence NODE",
		"the cluster has no fencing device: after a crash the node that is lost cannot be fenced, and its groups stay down");
}

/* Without a quorum, both halves of a cluster that cannot talk to each other go on, and fence each
 * other, or, where that fails, wait for it. */
static void check_quorum(const cib *cluster, struct findings *findings)
{
	const char *policy = cib_property(cluster, "no-quorum-policy");

	if (g_strcmp0(policy, "ignore") == 0 && has_groups(cluster))
		finding_add(findings, FINDING_WARNING,
			"pcs property unset no-quorum-policy; a cluster of two nodes needs 'two_node: 1' in corosync.conf instead, as pcs writes it",
			"the cluster goes on without a quorum (no-quorum-policy=ignore): nodes that cannot see each other fence each other, and a group may go to and fro");
}

void check_fencing(const struct check *self, struct findings *findings)
{
	check_history(findings);
	if (self->cluster == NULL)
		return;
	check_devices(self->cluster, findings);
	check_quorum(self->cluster, findings);
}
