/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/cib_reader.h"
#include "cluster/cib_relations.h"
#include "cluster/resources.h"

#include "base/error.h"
#include "base/path.h"

#include <string.h>

#define LOCKS "class='ocf' provider='lockferry' type='nfslock'"

/* Makes the configuration with these resources and constraints. */
static cib *make(const char *resources, const char *constraints)
{
	g_autofree char *text = g_strdup_printf(
		"<?xml version='1.0'?><cib><configuration><crm_config><cluster_property_set>"
		"<nvpair name='stonith-enabled' value='false'/></cluster_property_set>"
		"</crm_config><nodes><node id='1' uname='node1'/><node id='2' uname='node2'/>"
		"</nodes><resources>%s</resources><constraints>%s</constraints></configuration>"
		"<status><node_state uname='node3'/></status></cib>",
		resources, constraints);
	g_autoptr(GError) error = NULL;
	cib *cluster = cib_parse(text, strlen(text), &error);

	g_assert_no_error(error);
	return cluster;
}

static const cib_resource *find(const cib *cluster, const char *id)
{
	for (guint i = 0; i < cluster->resources->len; i++) {
		const cib_resource *resource = g_ptr_array_index(cluster->resources, i);

		if (g_str_equal(resource->id, id))
			return resource;
	}
	g_error("there is no resource '%s'", id);
}

static bool before(const cib *cluster, const char *first, const char *then)
{
	return cib_is_before(cluster, find(cluster, first), find(cluster, then));
}

static bool together(const cib *cluster, const char *one, const char *other)
{
	bool answer = cib_is_together(cluster, find(cluster, one), find(cluster, other));

	g_assert_cmpint(
		cib_is_together(cluster, find(cluster, other), find(cluster, one)), ==, answer);
	return answer;
}

#define ABCD "<primitive id='a'/><primitive id='b'/><primitive id='c'/><primitive id='d'/>"

static void test_group(void)
{
	g_autoptr(cib) cluster = make("<group id='g'>" ABCD "</group><primitive id='e'/>", "");

	g_assert_true(before(cluster, "a", "b"));
	g_assert_true(before(cluster, "a", "d"));
	g_assert_false(before(cluster, "d", "a"));
	g_assert_false(before(cluster, "a", "e"));
	g_assert_true(together(cluster, "a", "d"));
	g_assert_false(together(cluster, "a", "e"));
	g_assert_cmpstr(find(cluster, "a")->group, ==, "g");
	g_assert_null(find(cluster, "e")->group);
	g_assert_cmpuint(cluster->nodes->len, ==, 2);
	g_assert_cmpstr(g_ptr_array_index(cluster->nodes, 1), ==, "node2");
	g_assert_cmpstr(cluster->fencing, ==, "false");
}

static void test_pairs(void)
{
	g_autoptr(cib) cluster =
		make(ABCD, "<rsc_order first='a' then='b'/>"
			   "<rsc_order first='b' then='c' kind='Mandatory'/>"
			   "<rsc_order first='c' then='d' kind='Optional'/>"
			   "<rsc_colocation rsc='a' with-rsc='b' score='INFINITY'/>"
			   "<rsc_colocation rsc='c' with-rsc='b' score='1000000'/>"
			   "<rsc_colocation rsc='c' with-rsc='d' score='100'/>");

	g_assert_true(before(cluster, "a", "b"));
	g_assert_true(before(cluster, "a", "c"));
	g_assert_false(before(cluster, "c", "a"));
	g_assert_false(before(cluster, "c", "d"));
	g_assert_true(together(cluster, "a", "c"));
	g_assert_false(together(cluster, "c", "d"));
}

static void test_not_always(void)
{
	static const char *const orders[] = {
		"<rsc_order first='a' then='b' symmetrical='false'/>",
		"<rsc_order first='a' then='b' kind='Serialize'/>",
		"<rsc_order first='a' then='b' score='0'/>",
		"<rsc_order first='a' then='b' first-action='stop'/>",
		"<rsc_order first='a' then='b' then-action='demote'/>",
		"<rsc_order first='b' then='a'/>",
		"<rsc_order first='a'/>",
		"<rsc_order><resource_set require-all='false' sequential='false'>"
		"<resource_ref id='a'/><resource_ref id='c'/></resource_set>"
		"<resource_set><resource_ref id='b'/></resource_set></rsc_order>",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(orders); i++) {
		g_autoptr(cib) cluster = make(ABCD, orders[i]);

		g_assert_false(before(cluster, "a", "b"));
	}
}

static void test_not_together(void)
{
	static const char *const places[] = {
		"<rsc_colocation rsc='a' with-rsc='b' score='-INFINITY'/>",
		"<rsc_colocation rsc='a' with-rsc='b'/>",
		"<rsc_colocation rsc='a' with-rsc='b' score='INFINITY' node-attribute='site'/>",
		"<rsc_colocation><resource_set><resource_ref id='a'/><resource_ref id='b'/>"
		"</resource_set></rsc_colocation>",
		"<rsc_colocation score='INFINITY'><resource_set score='100'>"
		"<resource_ref id='a'/><resource_ref id='b'/></resource_set></rsc_colocation>",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autoptr(cib) cluster = make(ABCD, places[i]);

		g_assert_false(together(cluster, "a", "b"));
	}
	/* A set's own score counts. */
	g_autoptr(cib) cluster = make(ABCD,
		"<rsc_colocation score='100'><resource_set score='INFINITY'>"
		"<resource_ref id='a'/><resource_ref id='b'/></resource_set>"
		"</rsc_colocation><rsc_colocation rsc='c' with-rsc='d' score='INFINITY' node-attribute='#uname'/>");
	g_assert_true(together(cluster, "a", "b"));
	g_assert_true(together(cluster, "c", "d"));
}

/* An order of stops is the reverse order of starts. */
static void test_order_of_stops(void)
{
	static const char *const orders[] = {
		"<rsc_order first='b' then='a' first-action='stop' then-action='stop'/>",
		"<rsc_order first='b' then='a' first-action='stop'/>",
		"<rsc_order first='b' then='a' first-action='demote' then-action='stop'/>",
		"<rsc_order><resource_set action='stop'><resource_ref id='b'/>"
		"<resource_ref id='a'/></resource_set></rsc_order>",
		"<rsc_order><resource_set action='stop'><resource_ref id='b'/></resource_set>"
		"<resource_set action='stop'><resource_ref id='a'/></resource_set></rsc_order>",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(orders); i++) {
		g_autoptr(cib) cluster = make(ABCD, orders[i]);

		g_assert_true(before(cluster, "a", "b"));
		g_assert_false(before(cluster, "b", "a"));
	}
}

/* A resource that is ordered after a group waits for the group's last member. A resource ordered
 * before the group waits for no member. */
static void test_order_of_groups(void)
{
	g_autoptr(cib) cluster = make(
		"<group id='g'><primitive id='a'/><primitive id='b'/></group>"
		"<clone id='k'><primitive id='c'/></clone>"
		"<clone id='m'><group id='h'><primitive id='e'/><primitive id='f'/></group></clone>"
		"<primitive id='d'/>",
		"<rsc_order first='k' then='g'/><rsc_order first='g' then='d'/>"
		"<rsc_order first='m' then='k'/>"
		"<rsc_colocation rsc='g' with-rsc='k' score='INFINITY'/>"
		"<rsc_colocation rsc='d' with-rsc='k' score='INFINITY'/>");

	g_assert_true(before(cluster, "c", "a"));
	g_assert_true(before(cluster, "a", "d"));
	g_assert_true(before(cluster, "b", "d"));
	g_assert_true(before(cluster, "e", "d"));
	g_assert_true(before(cluster, "f", "c"));
	g_assert_false(before(cluster, "b", "a"));
	g_assert_false(before(cluster, "d", "b"));
	g_assert_cmpstr(find(cluster, "c")->clone, ==, "k");
	g_assert_cmpstr(find(cluster, "f")->clone, ==, "m");
	g_assert_null(find(cluster, "d")->clone);
	/* Both are where the clone is, but the clone is on every node. */
	g_assert_false(together(cluster, "a", "d"));
}

#define SET(attributes, ids) "<resource_set " attributes ">" ids "</resource_set>"
#define REF(id) "<resource_ref id='" id "'/>"

static void test_sets(void)
{
	g_autoptr(cib) chain = make(ABCD,
		"<rsc_order>" SET("",
			REF("a") REF("b") REF("c")) "</rsc_order>"
						    "<rsc_colocation score='INFINITY'>" SET("",
							    REF("c") REF("b")
								    REF("a")) "</rsc_colocation>");
	g_autoptr(cib) sets = make(ABCD,
		"<rsc_order>" SET("sequential='false'", REF("a") REF("b")) SET(
			"sequential='false'", REF("c") REF("d")) "</rsc_order><rsc_order>" SET("",
			REF("d")) "</rsc_order>"
				  "<rsc_colocation score='INFINITY'>" SET("sequential='false'",
					  REF("a") REF("b")) SET("", REF("c")) "</rsc_colocation>");
	g_autoptr(cib) loose = make(ABCD,
		"<rsc_order>" SET("action='stop'", REF("a") REF("b")) "</rsc_order><rsc_order>" SET(
			"", REF("c")) "</rsc_order><rsc_order>" SET("",
			REF("d")) "</rsc_order>"
				  "<rsc_colocation score='INFINITY'>" SET("sequential='false'",
					  REF("a") REF(
						  "b")) "</rsc_colocation><rsc_colocation score='10'>" SET("",
					  REF("c") REF("d")) "</rsc_colocation>");

	g_assert_true(before(chain, "a", "c"));
	g_assert_false(before(chain, "c", "a"));
	g_assert_true(together(chain, "a", "c"));
	g_assert_false(together(chain, "a", "d"));
	g_assert_false(before(sets, "a", "b"));
	g_assert_true(before(sets, "a", "d"));
	g_assert_true(before(sets, "b", "c"));
	g_assert_false(before(sets, "c", "d"));
	g_assert_true(together(sets, "a", "c"));
	g_assert_true(together(sets, "a", "b"));
	g_assert_false(before(loose, "a", "b"));
	g_assert_false(before(loose, "c", "d"));
	g_assert_false(together(loose, "a", "b"));
	g_assert_false(together(loose, "c", "d"));
}

static void test_parameters(void)
{
	g_autoptr(cib) cluster = make(
		"<primitive id='l' template='t'><meta_attributes><nvpair name='ip' value='meta'/>"
		"</meta_attributes><operations><op><instance_attributes><nvpair name='ip' value='op'/></instance_attributes></op></operations><instance_attributes>"
		"<nvpair name='ip' value='192.0.2.10, 2001:db8::1'/><nvpair name='names' value=''/></instance_attributes></primitive>"
		"<template id='t' " LOCKS
		"><instance_attributes><nvpair name='ip' value='other'/><nvpair name='store' value='/srv/nfs/.l'/></instance_attributes>"
		"</template><primitive id='s' class='systemd' type='nfs-server'/>",
		"");
	const cib_resource *locks = find(cluster, "l");
	g_auto(GStrv) list = resource_list(locks, "ip");

	g_assert_cmpuint(cluster->resources->len, ==, 2);
	g_assert_true(resource_is_locks(locks));
	g_assert_cmpstr(cib_parameter(locks, "store"), ==, "/srv/nfs/.l");
	g_assert_null(cib_parameter(locks, "names"));
	g_assert_null(cib_parameter(locks, "exports"));
	g_assert_cmpstr(resource_group(locks), ==, "l");
	g_assert_cmpuint(g_strv_length(list), ==, 2);
	g_assert_cmpstr(list[0], ==, "192.0.2.10");
	g_assert_cmpstr(list[1], ==, "2001:db8::1");
	g_assert_true(resource_is_server(find(cluster, "s")));
}

#define SCORED(score, value)                                                                       \
	"<instance_attributes score='" score "'><nvpair name='ip' value='" value "'/>"             \
	"</instance_attributes>"

/* As crm_resource --get-parameter shows it. */
static void test_sources(void)
{
	g_autoptr(cib) cluster =
		make("<group id='g'><primitive id='a'>" SCORED(
			     "0", "own") "</primitive>"
					 "<primitive id='b'/>" SCORED("INFINITY",
						 "group") "</group><clone id='k'>" SCORED("0",
						 "clone") "<primitive id='c'/></clone>"
							  "<primitive id='d'>" SCORED("-1", "low")
								  SCORED("2", "high") SCORED("1",
									  "middle") "</primitive>",
			"");

	g_assert_cmpstr(cib_parameter(find(cluster, "a"), "ip"), ==, "own");
	g_assert_cmpstr(cib_parameter(find(cluster, "b"), "ip"), ==, "group");
	g_assert_cmpstr(cib_parameter(find(cluster, "c"), "ip"), ==, "clone");
	g_assert_cmpstr(cib_parameter(find(cluster, "d"), "ip"), ==, "high");
	g_autoptr(cib) loose = make(
		"<group id='g'><meta_attributes><nvpair name='ordered' value='true'/></meta_attributes><meta_attributes score='1'>"
		"<nvpair name='ordered' value='false'/></meta_attributes>"
		"<primitive id='a'/><primitive id='b'/></group>",
		"");
	g_assert_false(cib_group_has(loose, "g", "ordered"));
	g_assert_true(cib_group_has(loose, "g", "collocated"));
	g_assert_false(before(loose, "a", "b"));
}

#define FENCING(id, score, value)                                                                  \
	"<cluster_property_set id='" id "' score='" score "'><nvpair name='stonith-enabled' "      \
	"value='" value "'/></cluster_property_set>"

static void test_properties(void)
{
	static const char text[] = "<cib><configuration><crm_config>" FENCING(
		"other", "INFINITY", "other") FENCING("cib-bootstrap-options", "0",
		"first") "</crm_config></configuration></cib>";
	g_autoptr(cib) cluster = cib_parse(text, strlen(text), NULL);

	g_assert_cmpstr(cluster->fencing, ==, "first");
}

static void assert_banned(const cib *cluster, guint place, const char *node, bool expected)
{
	const cib_resource *resource = g_ptr_array_index(cluster->resources, place);

	g_assert_true(cib_is_banned(cluster, resource, node) == expected);
}

static void test_bans(void)
{
	static const char text[] =
		"<cib><configuration><resources>"
		"<group id='g'><primitive id='a' class='ocf' provider='heartbeat' type='Dummy'/></group>"
		"<clone id='c'><primitive id='b' class='ocf' provider='heartbeat' type='Dummy'/></clone>"
		"</resources><constraints>"
		"<rsc_location id='1' rsc='g' node='n1' score='-INFINITY'/>"
		"<rsc_location id='2' rsc='g' node='n2' score='-1000'/>"
		"<rsc_location id='cli-ban-g-on-n3' rsc='g' node='n3' score='-INFINITY'/>"
		"<rsc_location id='4' rsc='c' node='n1' score='-INFINITY' role='Promoted'/>"
		"<rsc_location id='5' rsc='c' node='n2' score='-INFINITY' role='Started'/>"
		"<rsc_location id='6' rsc='g'><rule id='r' score='-INFINITY'><expression id='e' "
		"attribute='#uname' operation='eq' value='n4'/></rule></rsc_location>"
		"</constraints></configuration></cib>";
	g_autoptr(cib) cluster = cib_parse(text, strlen(text), NULL);

	g_assert_nonnull(cluster);
	assert_banned(cluster, 0, "n1", true);
	assert_banned(cluster, 0, "n2", false);
	assert_banned(cluster, 0, "n3", false);
	assert_banned(cluster, 0, "n4", false);
	assert_banned(cluster, 1, "n1", false);
	assert_banned(cluster, 1, "n2", true);
}

static void test_moves(void)
{
	g_autoptr(cib) cluster = make(ABCD,
		"<rsc_location id='cli-prefer-a' rsc='a' role='Started' node='node1' score='INFINITY'/>"
		"<rsc_location id='cli-ban-b-on-node2' rsc='b'/>"
		"<rsc_location id='home' rsc='c' node='node1'/>"
		"<rsc_location id='cli-prefer-d' rsc-pattern='d'/>");
	const cib_move *first, *second;

	g_assert_cmpuint(cluster->moves->len, ==, 2);
	first = g_ptr_array_index(cluster->moves, 0);
	second = g_ptr_array_index(cluster->moves, 1);
	g_assert_cmpstr(first->id, ==, "cli-prefer-a");
	g_assert_cmpstr(first->resource, ==, "a");
	g_assert_cmpstr(second->id, ==, "cli-ban-b-on-node2");
	g_assert_cmpstr(second->resource, ==, "b");
}

static void test_refused(void)
{
	static const char *const texts[] = {"", "rubbish", "<cib>", "<cib></x>", "<other/>",
		"<cib a='&b;'/>", "<cib a='\xff'/>", "<!-- -->", "<cib/><cib/>"};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(cib_parse(texts[i], strlen(texts[i]), &error));
		g_assert_error(error, LF_ERROR, LF_ERROR_FAILED);
		g_assert_true(g_utf8_validate(error->message, -1, NULL));
	}
}

static void test_addresses(void)
{
	g_assert_true(same_address("192.0.2.10", "192.0.2.10/24"));
	g_assert_true(same_address("2001:db8::1", "2001:0DB8:0::1"));
	g_assert_false(same_address("192.0.2.10", "192.0.2.1"));
	g_assert_false(same_address("nfs", "nfs"));
	g_assert_false(same_address("::ffff:192.0.2.10", "192.0.2.10"));
}

static void test_paths(void)
{
	g_assert_true(path_is_in("/srv/nfs/.l", "/srv/nfs"));
	g_assert_true(path_is_in("/srv//nfs/", "/srv/nfs/."));
	g_assert_true(path_is_in("/srv", "/"));
	g_assert_false(path_is_in("/srv/nfs2", "/srv/nfs"));
	g_assert_false(path_is_in("/srv", "/srv/nfs"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cib/group", test_group);
	g_test_add_func("/cib/pairs", test_pairs);
	g_test_add_func("/cib/not-always", test_not_always);
	g_test_add_func("/cib/not-together", test_not_together);
	g_test_add_func("/cib/order-of-stops", test_order_of_stops);
	g_test_add_func("/cib/order-of-groups", test_order_of_groups);
	g_test_add_func("/cib/sets", test_sets);
	g_test_add_func("/cib/parameters", test_parameters);
	g_test_add_func("/cib/sources", test_sources);
	g_test_add_func("/cib/properties", test_properties);
	g_test_add_func("/cib/bans", test_bans);
	g_test_add_func("/cib/moves", test_moves);
	g_test_add_func("/cib/refused", test_refused);
	g_test_add_func("/resources/addresses", test_addresses);
	g_test_add_func("/resources/paths", test_paths);
	return g_test_run();
}
