/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"
#include "cluster/cib_reader.h"
#include "cluster_text.h"
#include "drill/verdict.h"
#include "drill/drill.h"

#include <string.h>

/* A cluster, and what a drill on node2 says about it. */
struct world {
	cib *configuration;
	crm_mon *cluster;
	struct plan plan;
};

static bool world_make(
	struct world *self, const char *cib_text, const char *crm_mon_text, GError **error)
{
	*self = (struct world){0};
	self->configuration = cib_parse(cib_text, strlen(cib_text), NULL);
	self->cluster = crm_mon_parse(crm_mon_text, strlen(crm_mon_text), NULL);
	return plan_make(&self->plan, self->configuration, self->cluster, "files", "node2", error);
}

static void world_clear(struct world *self)
{
	plan_clear(&self->plan);
	cib_free(self->configuration);
	crm_mon_free(self->cluster);
}

static void test_plan(void)
{
	struct world world;

	g_assert_true(world_make(&world, TEXT_CIB_WELL, TEXT_CRM_MON_WELL, NULL));
	g_assert_cmpstr(world.plan.unit, ==, "nfs");
	g_assert_cmpstr(world.plan.source, ==, "node1");
	g_assert_cmpstr(world.plan.target, ==, "node2");
	g_assert_cmpuint(world.plan.members->len, ==, 3);
	g_assert_cmpuint(world.plan.addresses->len, ==, 1);
	g_assert_cmpstr(g_ptr_array_index(world.plan.addresses, 0), ==, "ip");
	g_assert_true(plan_is_settled(&world.plan, world.cluster, "node1"));
	g_assert_false(plan_is_settled(&world.plan, world.cluster, "node2"));
	world_clear(&world);
}

static void test_plan_without_group(void)
{
	struct world world;

	g_assert_true(world_make(&world, TEXT_CIB(TEXT_LOCKS("locks", "files") TEXT_REST, ""),
		TEXT_CRM_MON_WELL, NULL));
	g_assert_cmpstr(world.plan.unit, ==, "locks");
	g_assert_cmpuint(world.plan.members->len, ==, 1);
	g_assert_cmpuint(world.plan.addresses->len, ==, 1);
	world_clear(&world);
}

/* It has its addresses, and its store is in its directory. */
static void test_plan_of_own_server(void)
{
#define TEXT_OWN(more)                                                                             \
	"<primitive id='own' class='ocf' provider='lockferry' type='nfsgroup'>"                    \
	"<instance_attributes><nvpair name='group' value='files'/>" more                           \
	"</instance_attributes></primitive>"
#define TEXT_OWN_WELL                                                                              \
	TEXT_OWN("<nvpair name='directory' value='/srv/nfs'/>"                                     \
		 "<nvpair name='address' value='192.0.2.10/24'/>")
	const char *cluster = TEXT_CRM_MON(TEXT_DC, TEXT_OPTIONS, TEXT_NODES,
		"<group id='nfs'>" TEXT_ON("fs", "node1") TEXT_ON("own", "node1") "</group>",
		TEXT_SERVING);
	struct world world;

	g_assert_true(world_make(&world,
		TEXT_CIB("<group id='nfs'><primitive id='fs' class='ocf' provider='heartbeat' "
			 "type='Filesystem'/>" TEXT_OWN_WELL "</group>",
			""),
		cluster, NULL));
	g_assert_cmpstr(world.plan.unit, ==, "nfs");
	g_assert_cmpstr(world.plan.source, ==, "node1");
	g_assert_cmpuint(world.plan.members->len, ==, 2);
	g_assert_cmpuint(world.plan.addresses->len, ==, 1);
	g_assert_cmpstr(g_ptr_array_index(world.plan.addresses, 0), ==, "own");
	g_assert_cmpstr(world.plan.store, ==, "/srv/nfs/.lockferry");
	world_clear(&world);
}

static void test_plan_refused(void)
{
	static const struct {
		const char *cib, *cluster;
		int code;
	} cases[] = {
		{TEXT_CIB("", ""), TEXT_CRM_MON_WELL, LF_ERROR_NOT_CONFIGURED},
		{TEXT_CIB(TEXT_LOCKS("locks", "other"), ""), TEXT_CRM_MON_WELL,
			LF_ERROR_NOT_CONFIGURED},
		{TEXT_CIB(TEXT_LOCKS("a", "files") TEXT_LOCKS("b", "files"), ""), TEXT_CRM_MON_WELL,
			LF_ERROR_NOT_CONFIGURED},
		{TEXT_CIB("<clone id='c'>" TEXT_LOCKS("locks", "files") "</clone>", ""),
			TEXT_CRM_MON_WELL, LF_ERROR_NOT_CONFIGURED},
		{TEXT_CIB(TEXT_LOCKS("a", "files") TEXT_OWN_WELL, ""), TEXT_CRM_MON_WELL,
			LF_ERROR_NOT_CONFIGURED},
		{TEXT_CIB(TEXT_OWN(""), ""), TEXT_CRM_MON_WELL, LF_ERROR_NOT_CONFIGURED},
		{TEXT_CIB_WELL,
			TEXT_CRM_MON(TEXT_DC, TEXT_OPTIONS, TEXT_NODES, TEXT_GROUP_ON("node2"),
				TEXT_SERVING),
			LF_ERROR_ARGUMENT},
		{TEXT_CIB_WELL, TEXT_CRM_MON(TEXT_DC, TEXT_OPTIONS, TEXT_NODES, "", TEXT_SERVING),
			LF_ERROR_NOT_INSTALLED},
		{TEXT_CIB_WELL,
			TEXT_CRM_MON(TEXT_DC, TEXT_OPTIONS, TEXT_NODE("node1", TEXT_UP),
				TEXT_GROUP_ON("node1"), TEXT_SERVING),
			LF_ERROR_NOT_RUNNING},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		struct world world;

		g_assert_false(world_make(&world, cases[i].cib, cases[i].cluster, &error));
		g_assert_error(error, LF_ERROR, cases[i].code);
		world_clear(&world);
	}
}

/* `expected` is the text of the only finding; NULL: no finding. */
static void assert_finding(
	const char *cib_text, const char *crm_mon_text, bool fence, const char *expected)
{
	g_autoptr(GPtrArray) findings = NULL;
	struct world world;
	struct preflight_question question = {
		.plan = &world.plan, .group = "files", .fence = fence};

	g_assert_true(world_make(&world, cib_text, crm_mon_text, NULL));
	question.configuration = world.configuration;
	question.cluster = world.cluster;
	findings = preflight_judge(&question);
	g_assert_cmpuint(findings->len, ==, expected != NULL ? 1 : 0);
	if (expected != NULL && strstr(g_ptr_array_index(findings, 0), expected) == NULL)
		g_error("'%s' does not say '%s'", (char *)g_ptr_array_index(findings, 0), expected);
	world_clear(&world);
}

static void test_preflight_of_cluster(void)
{
#define CLUSTER(dc, options)                                                                       \
	TEXT_CRM_MON(dc, options, TEXT_NODES, TEXT_GROUP_ON("node1"), TEXT_SERVING)
	assert_finding(TEXT_CIB_WELL, TEXT_CRM_MON_WELL, false, NULL);
	assert_finding(TEXT_CIB_WELL, TEXT_CRM_MON_WELL, true, NULL);
	assert_finding(TEXT_CIB_WELL, CLUSTER("<current_dc present='false'/>", TEXT_OPTIONS), false,
		"the cluster has no DC yet");
	assert_finding(TEXT_CIB_WELL,
		CLUSTER("<current_dc present='true' with_quorum='false'/>", TEXT_OPTIONS), false,
		"no quorum");
	assert_finding(TEXT_CIB_WELL,
		CLUSTER(TEXT_DC, "<cluster_options maintenance-mode='true'/>"), false,
		"maintenance mode");
	assert_finding(TEXT_CIB_WELL,
		CLUSTER(TEXT_DC, "<cluster_options stop-all-resources='true'/>"), false,
		"configured to stop all");
	assert_finding(TEXT_CIB_WELL, CLUSTER(TEXT_DC, "<cluster_options/>"), false, NULL);
	assert_finding(TEXT_CIB_WELL, CLUSTER(TEXT_DC, "<cluster_options/>"), true,
		"stonith-enabled is false");
}

static void test_preflight_of_nodes(void)
{
#define NODE2(states)                                                                              \
	TEXT_CRM_MON(TEXT_DC, TEXT_OPTIONS,                                                        \
		TEXT_NODE("node1", TEXT_UP) TEXT_NODE("node2", states), TEXT_GROUP_ON("node1"),    \
		TEXT_SERVING)
	assert_finding(TEXT_CIB_WELL, NODE2("online='false'"), false, "'node2' is not online");
	assert_finding(TEXT_CIB_WELL, NODE2("online='true' pending='true'"), false, "not online");
	assert_finding(TEXT_CIB_WELL, NODE2("online='true' shutdown='true'"), false, "not online");
	assert_finding(TEXT_CIB_WELL, NODE2("online='false' unclean='true'"), false, "unclean");
	assert_finding(TEXT_CIB_WELL, NODE2("online='true' standby='true'"), false,
		"crm_standby --delete --node node2");
	assert_finding(TEXT_CIB_WELL, NODE2("online='true' maintenance='true'"), false,
		"'node2' is in maintenance");
}

static void test_preflight_of_resources(void)
{
#define BESIDE(resource, rest)                                                                     \
	TEXT_CRM_MON(TEXT_DC, TEXT_OPTIONS, TEXT_NODES, TEXT_GROUP_ON("node1") resource,           \
		TEXT_SERVING rest)
	assert_finding(TEXT_CIB_WELL,
		BESIDE(TEXT_RESOURCE("x", "active='true' managed='true' failed='true'"), ""), false,
		"'x' has failed");
	assert_finding(TEXT_CIB_WELL,
		BESIDE(TEXT_RESOURCE("x", "active='true' managed='true' pending='Starting'"), ""),
		false, "'x' is changing (Starting)");
	assert_finding(TEXT_CIB_WELL, BESIDE(TEXT_RESOURCE("x", "active='false'"), ""), false,
		"'x' is stopped");
	assert_finding(TEXT_CIB_WELL,
		BESIDE(TEXT_RESOURCE("x", "active='false' target_role='Stopped'"), ""), false,
		NULL);
	assert_finding(TEXT_CIB_WELL,
		BESIDE("<clone id='c'>" TEXT_RESOURCE("x", "active='false'") "</clone>", ""), false,
		NULL);
	assert_finding(TEXT_CIB_WELL,
		BESIDE("",
			"<failures><failure op_key='x_start_0' node='node2' exitcode='1'/></failures>"),
		false, "action 'x_start_0' has failed on node 'node2'");
	assert_finding(TEXT_CIB_WELL,
		BESIDE("",
			"<failures><failure op_key='x_monitor_1' node='node2' exitcode='190'/></failures>"),
		false, NULL);
	assert_finding(TEXT_CIB_WELL,
		TEXT_CRM_MON(TEXT_DC, TEXT_OPTIONS, TEXT_NODES,
			TEXT_ON("fs", "node1") TEXT_ON("locks", "node1")
				TEXT_RESOURCE("ip", "managed='true' target_role='Stopped'"),
			TEXT_SERVING),
		false, "'ip' is stopped");
	assert_finding(TEXT_CIB_WELL,
		TEXT_CRM_MON(TEXT_DC, TEXT_OPTIONS, TEXT_NODES,
			TEXT_ON("fs", "node1") TEXT_ON("locks", "node1")
				TEXT_RESOURCE("ip", "active='true' managed='false'"),
			TEXT_SERVING),
		false, "'ip' is unmanaged");
}

static void test_preflight_of_moves(void)
{
#define MOVED(resource)                                                                            \
	TEXT_CIB(TEXT_GROUP, "<rsc_location id='cli-prefer-x' rsc='" resource "' node='node1'/>")
	assert_finding(
		MOVED("nfs"), TEXT_CRM_MON_WELL, false, "crm_resource --clear --resource nfs");
	assert_finding(MOVED("ip"), TEXT_CRM_MON_WELL, false, "crm_resource --clear --resource ip");
	assert_finding(MOVED("other"), TEXT_CRM_MON_WELL, false, NULL);
}

static void test_preflight_of_service(void)
{
#define ATTRIBUTE(text)                                                                            \
	TEXT_CRM_MON(TEXT_DC, TEXT_OPTIONS, TEXT_NODES, TEXT_GROUP_ON("node1"), text)
	assert_finding(TEXT_CIB_WELL, ATTRIBUTE(""), false, "does not report that it serves");
	assert_finding(TEXT_CIB_WELL, ATTRIBUTE(TEXT_ATTRIBUTE("node2", "serving, 1 client")),
		false, "does not report that it serves");
	assert_finding(TEXT_CIB_WELL,
		ATTRIBUTE(TEXT_ATTRIBUTE("node1", "reclaiming, 1 of 2 clients back")), false,
		"is 'reclaiming, 1 of 2");
	assert_finding(TEXT_CIB_WELL, ATTRIBUTE(TEXT_ATTRIBUTE("node1", "failing")), false,
		"is 'failing'");
}

/* A sample: where the group is, and what its process reports. */
static guint look(struct timeline *timeline, const char *phase, gint64 missing, gint64 now_ms)
{
	struct timeline_sample sample = {
		.phase = phase,
		.address_here = phase != NULL && !g_str_equal(phase, "adopting"),
		.reclaimed = missing == 0 ? 1 : 0,
		.missing = missing,
	};

	return timeline_look(timeline, &sample, now_ms);
}

static void test_timeline(void)
{
	struct timeline timeline;
	struct timeline_sample there = {true, true, NULL, false, 0, -1, true};
	struct timeline_sample done = {false, false, "serving", true, 1, -1, true};

	timeline_begin(&timeline);
	g_assert_cmpuint(timeline_look(&timeline, &there, 100), ==, 0);
	there.address_there = false;
	g_assert_cmpuint(timeline_look(&timeline, &there, 200), ==, 1U << TIMELINE_ADDRESS_AWAY);
	there.group_there = false;
	g_assert_cmpuint(timeline_look(&timeline, &there, 300), ==, 1U << TIMELINE_STOPPED);
	g_assert_cmpuint(look(&timeline, "adopting", -1, 400), ==, 1U << TIMELINE_ADOPTING);
	g_assert_cmpuint(look(&timeline, "adopting", -1, 450), ==, 0);
	look(&timeline, "reclaiming", 10, 500);
	look(&timeline, "reclaiming", 5, 600);
	look(&timeline, "reclaiming", 5, 700);
	g_assert_cmpint(timeline.at_ms[TIMELINE_LAST_RECLAIM], ==, 600);
	look(&timeline, "reclaiming", 0, 800);
	g_assert_cmpuint(look(&timeline, "serving", -1, 900), ==, 1U << TIMELINE_SERVING);
	g_assert_cmpuint(timeline_look(&timeline, &done, 1000), ==, 1U << TIMELINE_NEW_LOCKS);
	g_assert_cmpint(timeline.at_ms[TIMELINE_ARMED], ==, -1);
	g_assert_cmpint(timeline.at_ms[TIMELINE_ADDRESS_UP], ==, 500);
	g_assert_cmpint(timeline.at_ms[TIMELINE_RECLAIMING], ==, 500);
	g_assert_cmpint(timeline.at_ms[TIMELINE_LAST_RECLAIM], ==, 800);
	g_assert_cmpfloat(
		timeline_seconds(&timeline, TIMELINE_ADDRESS_AWAY, TIMELINE_NEW_LOCKS), ==, 0.8);
	g_assert_cmpfloat(
		timeline_seconds(&timeline, TIMELINE_ADDRESS_AWAY, TIMELINE_ARMED), ==, -1);
}

/* The process reports a change before the cluster does. */
static void test_timeline_without_word(void)
{
	struct timeline timeline;
	struct timeline_sample sample = {true, true, "armed", false, 0, -1, false};

	timeline_begin(&timeline);
	timeline_look(&timeline, &sample, 100);
	g_assert_cmpint(timeline.at_ms[TIMELINE_STOPPED], ==, 100);
	g_assert_cmpint(timeline.at_ms[TIMELINE_ARMED], ==, 100);
}

static void test_timeline_names(void)
{
	for (int i = 0; i < TIMELINE_MARKS; i++) {
		g_assert_nonnull(timeline_name((enum timeline_mark)i));
		g_assert_nonnull(timeline_text((enum timeline_mark)i));
	}
}

/* A drill that moved the group; the process reported this at the end. */
static void make_drill(struct drill *self, struct world *world, guint missing, gint64 lost)
{
	g_assert_true(world_make(world, TEXT_CIB_WELL, TEXT_CRM_MON_WELL, NULL));
	*self = (struct drill){.group = "files", .plan = world->plan, .verified = true};
	self->version = (char *)"2.1.5";
	timeline_begin(&self->outbound);
	timeline_begin(&self->inbound);
	self->outbound.at_ms[TIMELINE_ADDRESS_AWAY] = 1000;
	self->outbound.at_ms[TIMELINE_ADDRESS_UP] = 5500;
	self->status = json_object_new();
	json_object_set_int_member(self->status, "clients", 3);
	json_object_set_int_member(self->status, "lost", lost);
	self->found.all = g_ptr_array_new();
	g_ptr_array_set_size(self->found.all, 5);
	self->found.missing = g_ptr_array_new();
	g_ptr_array_set_size(self->found.missing, (gint)missing);
	self->found.clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
	g_ptr_array_add(self->found.clients, client_new("a", NULL, "192.0.2.21", "192.0.2.10"));
	g_ptr_array_add(self->found.clients, client_new("b", NULL, "192.0.2.22", "192.0.2.10"));
	((client *)g_ptr_array_index(self->found.clients, 0))->recovery =
		lost > 0 ? RECOVERY_LOST : RECOVERY_RECLAIMED;
}

static void clear_drill(struct drill *self, struct world *world)
{
	json_object_unref(self->status);
	g_ptr_array_unref(self->found.all);
	g_ptr_array_unref(self->found.missing);
	g_ptr_array_unref(self->found.clients);
	world_clear(world);
}

static const char *text(JsonObject *object, const char *member)
{
	return json_object_get_string_member(object, member);
}

static void test_account(void)
{
	struct world world;
	struct drill drill;
	g_autoptr(JsonObject) account = NULL;
	JsonObject *there, *seconds, *pauses;

	make_drill(&drill, &world, 0, 0);
	account = verdict_make(&drill, json_object_new(), NULL);
	there = json_object_get_object_member(account, "there");
	seconds = json_object_get_object_member(there, "seconds");
	pauses = json_object_get_object_member(there, "pauses");
	g_assert_true(verdict_is_passed(account));
	g_assert_cmpstr(text(account, "verdict"), ==, "passed");
	g_assert_cmpstr(text(account, "reason"), ==, "");
	g_assert_cmpstr(text(account, "kind"), ==, "move");
	g_assert_cmpstr(text(account, "from"), ==, "node1");
	g_assert_cmpstr(text(account, "to"), ==, "node2");
	g_assert_cmpstr(text(account, "resource"), ==, "nfs");
	g_assert_cmpfloat(json_object_get_double_member(seconds, "address_up"), ==, 5.5);
	g_assert_true(json_object_get_null_member(seconds, "armed"));
	g_assert_cmpfloat(json_object_get_double_member(pauses, "address_up"), ==, 4.5);
	g_assert_true(json_object_get_null_member(pauses, "new_locks"));
	g_assert_cmpuint(
		json_array_get_length(json_object_get_array_member(account, "attention")), ==, 0);
	g_assert_true(json_object_get_null_member(account, "back"));
	clear_drill(&drill, &world);
}

static void test_account_of_losses(void)
{
	struct world world;
	struct drill drill;
	g_autoptr(JsonObject) account = NULL;
	JsonArray *attention;

	make_drill(&drill, &world, 0, 1);
	account = verdict_make(&drill, json_object_new(), NULL);
	attention = json_object_get_array_member(account, "attention");
	g_assert_false(verdict_is_passed(account));
	g_assert_nonnull(strstr(text(account, "reason"), "clients that lost their locks: 1"));
	g_assert_cmpuint(json_array_get_length(attention), ==, 1);
	g_assert_cmpstr(
		text(json_array_get_object_element(attention, 0), "mon_name"), ==, "192.0.2.21");
	clear_drill(&drill, &world);
}

/* Every NFSv3 lock is back, and an NFSv4 client is not. */
static void test_account_of_nfs4(void)
{
	struct world world;
	struct drill drill;
	g_autoptr(JsonObject) passed = NULL;
	g_autoptr(JsonObject) failed = NULL;
	JsonObject *clients;

	make_drill(&drill, &world, 0, 0);
	drill.nfs4_expected = g_ptr_array_new();
	g_ptr_array_add(drill.nfs4_expected, (char *)"Linux NFSv4.1 client1");
	drill.nfs4_lost = g_ptr_array_new();
	passed = verdict_make(&drill, json_object_new(), NULL);
	g_assert_true(verdict_is_passed(passed));
	clients = json_object_get_object_member(passed, "nfs4_clients");
	g_assert_cmpint(json_object_get_int_member(clients, "expected"), ==, 1);

	g_ptr_array_add(drill.nfs4_lost, g_ptr_array_index(drill.nfs4_expected, 0));
	failed = verdict_make(&drill, json_object_new(), NULL);
	g_assert_cmpstr(text(failed, "verdict"), ==, "failed");
	g_assert_nonnull(strstr(text(failed, "reason"), "NFSv4 clients that did not come back: 1"));
	clients = json_object_get_object_member(failed, "nfs4_clients");
	g_assert_cmpstr(
		json_array_get_string_element(json_object_get_array_member(clients, "lost"), 0), ==,
		"Linux NFSv4.1 client1");
	g_ptr_array_unref(drill.nfs4_expected);
	g_ptr_array_unref(drill.nfs4_lost);
	clear_drill(&drill, &world);
}

static void test_account_of_missing(void)
{
	struct world world;
	struct drill drill;
	g_autoptr(JsonObject) account = NULL;

	make_drill(&drill, &world, 2, 0);
	drill.found.note.exact = true;
	account = verdict_make(&drill, json_object_new(), NULL);
	g_assert_cmpstr(text(account, "verdict"), ==, "failed");
	g_assert_nonnull(strstr(text(account, "reason"), "missing locks: 2"));
	clear_drill(&drill, &world);
}

/* A lock of a set that was recorded while clients were running may have been unlocked. This does
 * not excuse a client that lost its locks, or a drill that failed. */
static void test_account_of_unclear(void)
{
	struct world world;
	struct drill drill;
	g_autoptr(GError) error = g_error_new_literal(LF_ERROR, LF_ERROR_FAILED, "it went wrong");

	make_drill(&drill, &world, 2, 0);
	g_autoptr(JsonObject) account = verdict_make(&drill, json_object_new(), NULL);
	g_assert_false(verdict_is_passed(account));
	g_assert_cmpstr(text(account, "verdict"), ==, "unclear");
	g_assert_nonnull(strstr(text(account, "reason"), "2 of the locks recorded before"));
	g_autoptr(JsonObject) wrong = verdict_make(&drill, json_object_new(), error);
	g_assert_cmpstr(text(wrong, "verdict"), ==, "failed");
	clear_drill(&drill, &world);

	make_drill(&drill, &world, 2, 1);
	g_autoptr(JsonObject) losses = verdict_make(&drill, json_object_new(), NULL);
	g_assert_cmpstr(text(losses, "verdict"), ==, "failed");
	clear_drill(&drill, &world);
}

/* All locks are back, and a client did not answer that may use only another group. */
static void test_account_of_unknown(void)
{
	struct world world;
	struct drill drill;

	make_drill(&drill, &world, 0, 0);
	json_object_set_int_member(drill.status, "may_have_lost", 1);
	((client *)g_ptr_array_index(drill.found.clients, 1))->recovery = RECOVERY_MAY_HAVE_LOST;
	g_autoptr(JsonObject) account = verdict_make(&drill, json_object_new(), NULL);
	JsonArray *attention = json_object_get_array_member(account, "attention");
	g_assert_cmpstr(text(account, "verdict"), ==, "unclear");
	g_assert_nonnull(strstr(text(account, "reason"), "not known to use this group: 1; they"));
	g_assert_cmpuint(json_array_get_length(attention), ==, 1);
	g_assert_cmpstr(
		text(json_array_get_object_element(attention, 0), "mon_name"), ==, "192.0.2.22");
	g_assert_cmpint(json_object_get_int_member(
				json_object_get_object_member(account, "clients"), "may_have_lost"),
		==, 1);
	clear_drill(&drill, &world);
}

/* If no lock was noted, none can be missing; the same is true for the part that was not noted. */
static void test_account_of_nothing(void)
{
	struct world world;
	struct drill drill;

	make_drill(&drill, &world, 0, 0);
	g_ptr_array_set_size(drill.found.all, 0);
	g_autoptr(JsonObject) account = verdict_make(&drill, json_object_new(), NULL);
	g_assert_false(verdict_is_passed(account));
	g_assert_cmpstr(text(account, "verdict"), ==, "unclear");
	g_assert_nonnull(strstr(text(account, "reason"), "proves nothing about locks"));
	clear_drill(&drill, &world);

	make_drill(&drill, &world, 0, 0);
	drill.found.doubt = (char *)"nobody can tell";
	g_autoptr(JsonObject) partial = verdict_make(&drill, json_object_new(), NULL);
	g_assert_cmpstr(text(partial, "verdict"), ==, "unclear");
	g_assert_cmpstr(text(partial, "reason"), ==, "nobody can tell");
	clear_drill(&drill, &world);
}

/* A drill that was interrupted or not verified has not passed, whatever was found before. */
static void test_account_of_failure(void)
{
	struct world world;
	struct drill drill;
	g_autoptr(JsonObject) cut_short = NULL, unverified = NULL;
	g_autoptr(GError) error = g_error_new(LF_ERROR, LF_ERROR_TIMEOUT, "too late");

	make_drill(&drill, &world, 0, 0);
	drill.went_back = true;
	cut_short = verdict_make(&drill, json_object_new(), error);
	g_assert_false(verdict_is_passed(cut_short));
	g_assert_cmpstr(text(cut_short, "reason"), ==, "too late");
	g_assert_cmpstr(
		text(json_object_get_object_member(cut_short, "back"), "attribute"), ==, "");
	drill.verified = false;
	drill.unverified = error;
	unverified = verdict_make(&drill, NULL, NULL);
	g_assert_false(verdict_is_passed(unverified));
	g_assert_nonnull(strstr(text(unverified, "reason"), "too late"));
	g_assert_true(json_object_get_null_member(unverified, "locks"));
	clear_drill(&drill, &world);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/plan/group", test_plan);
	g_test_add_func("/plan/without-group", test_plan_without_group);
	g_test_add_func("/plan/own-server", test_plan_of_own_server);
	g_test_add_func("/plan/refused", test_plan_refused);
	g_test_add_func("/preflight/cluster", test_preflight_of_cluster);
	g_test_add_func("/preflight/nodes", test_preflight_of_nodes);
	g_test_add_func("/preflight/resources", test_preflight_of_resources);
	g_test_add_func("/preflight/moves", test_preflight_of_moves);
	g_test_add_func("/preflight/service", test_preflight_of_service);
	g_test_add_func("/timeline/marks", test_timeline);
	g_test_add_func("/timeline/without-word", test_timeline_without_word);
	g_test_add_func("/timeline/names", test_timeline_names);
	g_test_add_func("/account/passed", test_account);
	g_test_add_func("/account/losses", test_account_of_losses);
	g_test_add_func("/account/nfs4", test_account_of_nfs4);
	g_test_add_func("/account/missing", test_account_of_missing);
	g_test_add_func("/account/unclear", test_account_of_unclear);
	g_test_add_func("/account/unknown", test_account_of_unknown);
	g_test_add_func("/account/nothing", test_account_of_nothing);
	g_test_add_func("/account/failure", test_account_of_failure);
	return g_test_run();
}
