/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/state.h"

#include "base/error.h"

#include <string.h>

/* The example in docs/on-disk-format.md. */
#define WHOLE                                                                                      \
	"[group]\nformat=1\ngroup=files\nphase=serving\nnode=node1\n"                              \
	"boot=6c3f9ad0-0f0f-4c61-a3b5-7a1c2a9b7b11\nlock_manager=77@1234\n"                        \
	"owned_since=1700000000\nepoch=3\nstate_number=4713\nrecovery_due=true\n"

static group_state *sample(void)
{
	group_state *state = group_state_new("files", 1700000000);

	g_free(state->node);
	g_free(state->boot);
	g_free(state->lock_manager);
	state->node = g_strdup("node1");
	state->boot = g_strdup("6c3f9ad0-0f0f-4c61-a3b5-7a1c2a9b7b11");
	state->lock_manager = g_strdup("77@1234");
	state->owned_since = 1700000000;
	state->epoch = 3;
	state->state_number = 4713;
	state->phase = PHASE_SERVING;
	state->recovery_due = true;
	return state;
}

static void assert_equal(const group_state *a, const group_state *b)
{
	g_assert_cmpstr(a->group, ==, b->group);
	g_assert_cmpstr(a->node, ==, b->node);
	g_assert_cmpstr(a->boot, ==, b->boot);
	g_assert_cmpstr(a->lock_manager, ==, b->lock_manager);
	g_assert_cmpint(a->owned_since, ==, b->owned_since);
	g_assert_true(a->fencings_known == b->fencings_known);
	g_assert_cmpuint(a->fencings.count, ==, b->fencings.count);
	g_assert_cmpint(a->fencings.last_us, ==, b->fencings.last_us);
	g_assert_cmpuint(a->epoch, ==, b->epoch);
	g_assert_cmpint(a->state_number, ==, b->state_number);
	g_assert_cmpint(a->phase, ==, b->phase);
	g_assert_cmpint(a->recovery_due, ==, b->recovery_due);
	g_assert_cmpint(a->other_groups, ==, b->other_groups);
}

static void assert_round_trip(const group_state *state)
{
	g_autofree char *text = group_state_format(state);
	g_autoptr(GError) error = NULL;
	g_autoptr(group_state) again = group_state_parse(text, strlen(text), &error);

	g_assert_no_error(error);
	assert_equal(again, state);
}

static void test_format(void)
{
	g_autoptr(group_state) state = sample();
	g_autofree char *text = group_state_format(state);

	g_assert_cmpstr(text, ==, WHOLE);
}

static void test_round_trip(void)
{
	/* Any text can be the name of a node. */
	static const char *const names[] = {"", "n", "node 1", " node", "node ", "a=b", "[group]",
		"a\nphase=released", "back\\slash", "tab\t", "\r", "#", "n\xc3\xb6rd"};
	g_autoptr(group_state) state = sample();

	assert_round_trip(state);
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_free(state->node);
		state->node = g_strdup(names[i]);
		assert_round_trip(state);
	}
	for (int phase = 0; phase < PHASE_COUNT; phase++) {
		state->phase = (enum phase)phase;
		state->recovery_due = phase % 2;
		state->other_groups = phase % 3;
		assert_round_trip(state);
	}
	state->epoch = G_MAXINT64;
	state->owned_since = G_MAXINT64;
	state->state_number = G_MAXINT32;
	assert_round_trip(state);
	g_autoptr(group_state) unclaimed = group_state_new("", 0);
	assert_round_trip(unclaimed);
	g_autoptr(group_state) copy = group_state_copy(state);
	assert_equal(copy, state);
}

/* Replaces one line of the whole text, so that the text is refused. */
static char *with(const char *key, const char *line)
{
	g_auto(GStrv) lines = g_strsplit(WHOLE, "\n", -1);

	for (gsize i = 0; lines[i] != NULL; i++) {
		if (g_str_has_prefix(lines[i], key) && lines[i][strlen(key)] == '=') {
			g_free(lines[i]);
			lines[i] = g_strdup(line);
		}
	}
	return g_strjoinv("\n", lines);
}

static void assert_damaged(const char *text, gsize length)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(group_state) state = group_state_parse(text, length, &error);

	g_test_message("%.*s", (int)MIN(length, 60), text);
	g_assert_null(state);
	g_assert_nonnull(error);
	g_assert_cmpint(lf_error_exit_status(error), ==, CRM_EX_ERROR);
}

static void test_damaged(void)
{
	static const struct {
		const char *key;
		const char *line;
	} cases[] = {
		{"format", "format="},
		{"format", "format=one"},
		{"format", "format=-1"},
		{"format", ""},
		{"group", ""},
		{"group", "group=.."},
		{"group", "group=a/b"},
		{"phase", "phase=asleep"},
		{"phase", ""},
		{"node", ""},
		{"node", "node=\xff\xfe"},
		{"boot", ""},
		{"lock_manager", ""},
		{"owned_since", "owned_since=-1"},
		{"owned_since", "owned_since=99999999999999999999"},
		{"epoch", "owner_fencings=-1\nowner_fenced_us=7\nepoch=3"},
		{"epoch", "owner_fencings=1\nepoch=3"},
		{"epoch", "owner_fencings=1\nowner_fenced_us=soon\nepoch=3"},
		{"epoch", "other_groups=perhaps\nepoch=3"},
		{"epoch", "epoch=-3"},
		{"epoch", "epoch=3x"},
		{"state_number", "state_number=4712"},
		{"state_number", "state_number=0"},
		{"state_number", "state_number=-1"},
		{"state_number", "state_number=2147483649"},
		{"state_number", "state_number=4713 or so"},
		{"recovery_due", "recovery_due=perhaps"},
		{"recovery_due", ""},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = with(cases[i].key, cases[i].line);

		assert_damaged(text, strlen(text));
	}
}

static void test_cut_off(void)
{
	g_autofree char *padding = g_strnfill(16 * 1024, '#');
	g_autofree char *too_long = g_strconcat(WHOLE, padding, NULL);
	gsize last = strlen(WHOLE) - strlen("e\n");

	for (gsize length = 0; length <= last; length++)
		assert_damaged(WHOLE, length);
	assert_damaged("", 0);
	assert_damaged("\0", 1);
	assert_damaged(WHOLE, strlen(WHOLE) + 1);
	assert_damaged(too_long, strlen(too_long));
	assert_damaged("not a state", strlen("not a state"));
	assert_damaged("\xff\xd8\xff\xe0", 4);
}

static void test_foreign_version(void)
{
	g_autofree char *newer = with("format", "format=2");
	g_autofree char *zero = with("format", "format=0");
	const char *const texts[] = {newer, zero, "[group]\nformat=7\nno=thing we know\n"};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(group_state_parse(texts[i], strlen(texts[i]), &error));
		g_assert_error(error, LF_ERROR, LF_ERROR_NOT_INSTALLED);
		g_assert_nonnull(strstr(error->message, "knows format 1"));
		g_assert_nonnull(strstr(error->message, "same version on every node"));
	}
}

/* State numbers are always odd and positive, and none is repeated soon. */
static void test_numbers(void)
{
	static const gint64 seeds[] = {0, 1, 2, 1700000000, G_MAXUINT32, G_MAXINT64};

	for (gsize i = 0; i < G_N_ELEMENTS(seeds); i++) {
		g_autoptr(group_state) state = group_state_new("files", seeds[i]);
		gint32 number = state->state_number;

		g_assert_cmpint(number, >, 0);
		g_assert_cmpint(number % 2, ==, 1);
		g_assert_cmpint(group_state_next_number(number, 1), ==, number + 2);
	}
	g_assert_cmpint(group_state_next_number(G_MAXINT32, 1), ==, 1);
	g_assert_cmpint(group_state_next_number(G_MAXINT32 - 2, 1), ==, G_MAXINT32);
	/* A backup has the number of an earlier time. The number of the present time was not
	 * used. */
	g_autoptr(group_state) backup = group_state_new("files", 1700000000);
	gint32 backed_up = backup->state_number;
	gint32 used = backed_up + 2 * 500;
	gint32 next = group_state_next_number(backed_up, 1700000000 + 2000);
	g_assert_cmpint(next, >, used);
	g_assert_cmpint(next % 2, ==, 1);
	/* A clock that is behind does not lower the number. */
	g_assert_cmpint(group_state_next_number(next, 1600000000), ==, next + 2);
	/* A store that is made again a second later does not begin below the first number of the
	 * old one. */
	g_autoptr(group_state) old = group_state_new("files", 1700000001);
	g_autoptr(group_state) new = group_state_new("files", 1700000003);
	g_assert_cmpint(new->state_number, >, old->state_number);
}

static void test_group_names(void)
{
	static const char *const good[] = {"a", "nfs1", "NFS_1.blue-ish", "_", "9"};
	static const char *const bad[] = {
		"", ".", "..", ".a", "-a", "a/b", "a b", "a\n", "\xc3\xb6"};
	g_autofree char *longest = g_strnfill(64, 'g');
	g_autofree char *too_long = g_strnfill(65, 'g');

	for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
		g_assert_true(group_name_is_valid(good[i]));
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(group_name_is_valid(bad[i]));
	g_assert_true(group_name_is_valid(longest));
	g_assert_false(group_name_is_valid(too_long));
}

/* An empty name would mean that there is no owner. Each valid name must fit into a store. */
static void test_node_names(void)
{
	static const char *const good[] = {
		"n", "node1", "node 1", " ", "n\xc3\xb6rd", "[group]", "a=b"};
	static const char *const bad[] = {
		"", "a\n", "\t", "\x0c", "\x7f", "\xc2\x85", "\xff", "a\xc3"};

	for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
		g_assert_true(node_name_is_valid(good[i]));
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(node_name_is_valid(bad[i]));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/state/format", test_format);
	g_test_add_func("/state/round-trip", test_round_trip);
	g_test_add_func("/state/damaged", test_damaged);
	g_test_add_func("/state/cut-off", test_cut_off);
	g_test_add_func("/state/foreign-version", test_foreign_version);
	g_test_add_func("/state/numbers", test_numbers);
	g_test_add_func("/state/group-names", test_group_names);
	g_test_add_func("/state/node-names", test_node_names);
	return g_test_run();
}
