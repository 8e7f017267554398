/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group/state.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
}

/* parse(format(x)) == x */
static void assert_round_trip(const group_state *state)
{
	g_autofree char *text = group_state_format(state);
	g_autoptr(GError) error = NULL;
	g_autoptr(group_state) again = group_state_parse(text, strlen(text), &error);

	g_assert_no_error(error);
	assert_equal(again, state);
}

/* The input as the file: an accepted state is valid, and survives a round trip. */
static void as_text(const char *text, gsize length)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(group_state) state = group_state_parse(text, length, &error);

	g_assert_true((state == NULL) == (error != NULL));
	if (state == NULL)
		return;
	g_assert_true(state->group[0] == '\0' || group_name_is_valid(state->group));
	g_assert_cmpint(state->state_number, >, 0);
	g_assert_cmpint(state->state_number % 2, ==, 1);
	g_assert_cmpint(state->phase, >=, 0);
	g_assert_cmpint(state->phase, <, PHASE_COUNT);
	g_assert_cmpint(state->owned_since, >=, 0);
	assert_round_trip(state);
}

/* The input as the names in a state: every valid name of a node survives a round trip. */
static void as_names(const uint8_t *data, size_t size)
{
	g_autofree char *name = g_strndup((const char *)data, MIN(size, 1024));
	g_autoptr(group_state) state = group_state_new("files", (gint64)size);

	if (!node_name_is_valid(name))
		return;
	g_free(state->node);
	g_free(state->lock_manager);
	state->node = g_strdup(name);
	state->lock_manager = g_strdup(name);
	assert_round_trip(state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t nothing[1];

	/* libFuzzer gives NULL for an empty input. */
	data = data ? data : nothing;
	as_text((const char *)data, size);
	as_names(data, size);
	return 0;
}
