/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/view.h"

#include "base/error.h"
#include "cluster_text.h"

#include <string.h>

static cluster_view *parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	cluster_view *view = cluster_view_parse(text, strlen(text), &error);

	g_assert_no_error(error);
	return view;
}

static void test_well(void)
{
	g_autoptr(cluster_view) view = parse(TEXT_VIEW_WELL);
	const view_node *node = g_ptr_array_index(view->nodes, 1);
	const view_resource *locks = cluster_view_find(view, "locks");

	g_assert_true(view->has_dc && view->quorum && view->fencing);
	g_assert_false(view->maintenance || view->stopped);
	g_assert_cmpstr(view->version, ==, "2.1.5");
	g_assert_cmpuint(view->nodes->len, ==, 2);
	g_assert_cmpstr(node->name, ==, "node2");
	g_assert_true(node->online);
	g_assert_false(node->standby || node->maintenance || node->pending || node->unclean);
	g_assert_cmpuint(view->resources->len, ==, 3);
	g_assert_cmpstr(locks->role, ==, "Started");
	g_assert_cmpstr(locks->pending, ==, "");
	g_assert_true(locks->active && locks->managed);
	g_assert_false(locks->failed || locks->blocked || locks->orphaned || locks->cloned);
	g_assert_true(cluster_view_runs(view, "locks", "node1"));
	g_assert_false(cluster_view_runs(view, "locks", "node2"));
	g_assert_false(cluster_view_runs(view, "other", "node1"));
	g_assert_cmpstr(
		cluster_view_attribute(view, "node1", "nfslock-files"), ==, "serving, 12 clients");
	g_assert_null(cluster_view_attribute(view, "node2", "nfslock-files"));
	g_assert_cmpuint(view->failures->len, ==, 0);
}

/* What it says it has is as it was last seen; a node that is out of reach has nothing. */
static void test_node_away(void)
{
	g_autoptr(cluster_view) unclean = parse(TEXT_VIEW(TEXT_DC, TEXT_OPTIONS,
		TEXT_NODE("node1", "online='true' unclean='true'"), TEXT_GROUP_ON("node1"), ""));
	g_autoptr(cluster_view) off = parse(TEXT_VIEW(TEXT_DC, TEXT_OPTIONS,
		TEXT_NODE("node1", "online='false'"), TEXT_GROUP_ON("node1"), ""));

	g_assert_false(cluster_view_runs(unclean, "locks", "node1"));
	g_assert_false(cluster_view_runs(off, "locks", "node1"));
}

/* As it is all the time where the last monitor has said "degraded". */
static void test_monitor_is_no_change(void)
{
	g_autoptr(cluster_view) view = parse(TEXT_VIEW("", "", "",
		TEXT_RESOURCE("locks", "role='Started' active='true' pending='Monitoring'"), ""));

	g_assert_cmpstr(cluster_view_find(view, "locks")->pending, ==, "");
}

static void test_unwell(void)
{
	g_autoptr(cluster_view) view = parse(TEXT_VIEW("<current_dc present='false'/>",
		"<cluster_options maintenance-mode='true' stop-all-resources='true'/>",
		TEXT_NODE("node1", "online='true' standby_onfail='true' pending='true'"),
		"<clone id='c'>" TEXT_RESOURCE("x", "role='Stopped' failed='true' blocked='true'")
			TEXT_ON("x", "node1") "</clone>" TEXT_RESOURCE("y",
				"role='Stopping' pending='Stopping' target_role='Stopped' "
				"orphaned='true'"),
		"<failures><failure op_key='x_start_0' node='node1' exitcode='1'/>"
		"<failure id='y' node='node2' exitcode='190'/></failures>"));
	const view_node *node = g_ptr_array_index(view->nodes, 0);
	const view_resource *x = g_ptr_array_index(view->resources, 0);
	const view_resource *y = cluster_view_find(view, "y");
	const view_failure *first = g_ptr_array_index(view->failures, 0);
	const view_failure *second = g_ptr_array_index(view->failures, 1);

	g_assert_false(view->has_dc || view->quorum || view->fencing);
	g_assert_true(view->maintenance && view->stopped);
	g_assert_true(node->standby && node->pending);
	g_assert_cmpuint(view->resources->len, ==, 3);
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

		g_assert_null(cluster_view_parse(texts[i], strlen(texts[i]), &error));
		g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/view/well", test_well);
	g_test_add_func("/view/node-away", test_node_away);
	g_test_add_func("/view/unwell", test_unwell);
	g_test_add_func("/view/monitor-is-no-change", test_monitor_is_no_change);
	g_test_add_func("/view/refused", test_refused);
	return g_test_run();
}
