/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/crm_mon.h"

#include "base/error.h"
#include "cluster_text.h"

#include <string.h>

static crm_mon *parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	crm_mon *cluster = crm_mon_parse(text, strlen(text), &error);

	g_assert_no_error(error);
	return cluster;
}

static void test_well(void)
{
	g_autoptr(crm_mon) cluster = parse(TEXT_CRM_MON_WELL);
	const crm_mon_node *node = g_ptr_array_index(cluster->nodes, 1);
	const crm_mon_resource *locks = crm_mon_find(cluster, "locks");

	g_assert_true(cluster->has_dc && cluster->quorum && cluster->fencing);
	g_assert_false(cluster->maintenance || cluster->stopped);
	g_assert_cmpstr(cluster->version, ==, "2.1.5");
	g_assert_cmpuint(cluster->nodes->len, ==, 2);
	g_assert_cmpstr(node->name, ==, "node2");
	g_assert_true(node->online);
	g_assert_false(node->standby || node->maintenance || node->pending || node->unclean);
	g_assert_cmpuint(cluster->resources->len, ==, 3);
	g_assert_cmpstr(locks->role, ==, "Started");
	g_assert_cmpstr(locks->pending, ==, "");
	g_assert_true(locks->active && locks->managed);
	g_assert_false(locks->failed || locks->blocked || locks->orphaned || locks->cloned);
	g_assert_true(crm_mon_runs(cluster, "locks", "node1"));
	g_assert_false(crm_mon_runs(cluster, "locks", "node2"));
	g_assert_false(crm_mon_runs(cluster, "other", "node1"));
	g_assert_cmpstr(
		crm_mon_attribute(cluster, "node1", "nfslock-files"), ==, "serving, 12 clients");
	g_assert_null(crm_mon_attribute(cluster, "node2", "nfslock-files"));
	g_assert_cmpuint(cluster->failures->len, ==, 0);
}

/* crm_mon shows the last known state of a node that is away; such a node runs nothing. */
static void test_node_away(void)
{
	g_autoptr(crm_mon) unclean = parse(TEXT_CRM_MON(TEXT_DC, TEXT_OPTIONS,
		TEXT_NODE("node1", "online='true' unclean='true'"), TEXT_GROUP_ON("node1"), ""));
	g_autoptr(crm_mon) off = parse(TEXT_CRM_MON(TEXT_DC, TEXT_OPTIONS,
		TEXT_NODE("node1", "online='false'"), TEXT_GROUP_ON("node1"), ""));

	g_assert_false(crm_mon_runs(unclean, "locks", "node1"));
	g_assert_false(crm_mon_runs(off, "locks", "node1"));
}

/* Pacemaker shows this all the time if the last monitor answered "degraded". */
static void test_monitor_is_no_change(void)
{
	g_autoptr(crm_mon) cluster = parse(TEXT_CRM_MON("", "", "",
		TEXT_RESOURCE("locks", "role='Started' active='true' pending='Monitoring'"), ""));

	g_assert_cmpstr(crm_mon_find(cluster, "locks")->pending, ==, "");
}

static void test_unwell(void)
{
	g_autoptr(crm_mon) cluster = parse(TEXT_CRM_MON("<current_dc present='false'/>",
		"<cluster_options maintenance-mode='true' stop-all-resources='true'/>",
		TEXT_NODE("node1", "online='true' standby_onfail='true' pending='true'"),
		"<clone id='c'>" TEXT_RESOURCE(
			"x", "role='Stopped' failed='true' blocked='true'") TEXT_ON("x",
			"node1") "</clone>" TEXT_RESOURCE("y",
			"role='Stopping' pending='Stopping' target_role='Stopped' orphaned='true'"),
		"<failures><failure op_key='x_start_0' node='node1' exitcode='1'/>"
		"<failure id='y' node='node2' exitcode='190'/></failures>"));
	const crm_mon_node *node = g_ptr_array_index(cluster->nodes, 0);
	const crm_mon_resource *x = g_ptr_array_index(cluster->resources, 0);
	const crm_mon_resource *y = crm_mon_find(cluster, "y");
	const crm_mon_failure *first = g_ptr_array_index(cluster->failures, 0);
	const crm_mon_failure *second = g_ptr_array_index(cluster->failures, 1);

	g_assert_false(cluster->has_dc || cluster->quorum || cluster->fencing);
	g_assert_true(cluster->maintenance && cluster->stopped);
	g_assert_true(node->standby && node->pending);
	g_assert_cmpuint(cluster->resources->len, ==, 3);
	g_assert_true(x->cloned && x->failed && x->blocked);
	g_assert_false(x->active);
	g_assert_false(y->cloned);
	g_assert_true(y->orphaned);
	g_assert_cmpstr(y->pending, ==, "Stopping");
	g_assert_cmpstr(y->target_role, ==, "Stopped");
	g_assert_cmpstr(first->action, ==, "x_start_0");
	g_assert_cmpint(first->status, ==, 1);
	g_assert_cmpstr(second->action, ==, "y");
	g_assert_cmpstr(second->node, ==, "node2");
	g_assert_cmpint(second->status, ==, 190);
}

static void test_refused(void)
{
	static const char *const texts[] = {"", "rubbish", "<pacemaker-result>", "<cib/>",
		"<pacemaker-result a='\xff'/>", "<crm_mon></x>"};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(crm_mon_parse(texts[i], strlen(texts[i]), &error));
		g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/crm_mon/well", test_well);
	g_test_add_func("/crm_mon/node-away", test_node_away);
	g_test_add_func("/crm_mon/unwell", test_unwell);
	g_test_add_func("/crm_mon/monitor-is-no-change", test_monitor_is_no_change);
	g_test_add_func("/crm_mon/refused", test_refused);
	return g_test_run();
}
