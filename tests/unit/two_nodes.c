/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "two_nodes.h"

#include "base/error.h"
#include "quick_time.h"
#include "service/handover.h"

#include <string.h>

const char *const no_list[] = {NULL};
const char *const addresses_list_of_group[] = {ADDRESS, NULL};

static void make_node(struct node *self, const char *name, const two_nodes *of)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *boot = g_strconcat("boot-of-", name, NULL);

	self->scratch = scratch_new();
	self->store = NULL;
	self->address_is_here = false;
	self->sm_dir = sm_dir_open(scratch_mkdir(self->scratch, "sm"), &error);
	g_assert_no_error(error);
	scratch_set_boot(self->scratch, boot);
	scratch_set_lockd(self->scratch, 77, 1000);
	scratch_set_server(self->scratch, 8, "Y");
	self->options = (struct group_options){
		.group = GROUP,
		.node = name,
		.store = of->store_path,
		.addresses = addresses_list_of_group,
		.names = no_list,
		.exports = of->exports,
		.sm_dir = sm_dir_path(self->sm_dir),
		.run_dir = self->scratch->path,
		.require_fencing = true,
		.kernel = self->scratch->kernel,
	};
}

static void clear_node(struct node *self)
{
	g_clear_pointer(&self->store, store_close);
	sm_dir_close(self->sm_dir);
	scratch_free(self->scratch);
}

void two_nodes_set_up(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	self->shared = scratch_new();
	/* If this test may mount, it gets a filesystem of its own. */
	scratch_mount(self->shared, "fs");
	self->exports[0] = scratch_path(self->shared, "fs");
	self->exports[1] = NULL;
	self->store_path = scratch_path(self->shared, "fs/.lockferry");
	make_node(&self->a, "node1", self);
	make_node(&self->b, "node2", self);
	quick_time_start(QUICK_SLEEPS);
}

void two_nodes_tear_down(two_nodes *self, gconstpointer data G_GNUC_UNUSED)
{
	clear_node(&self->a);
	clear_node(&self->b);
	scratch_free(self->shared);
	quick_time_stop();
}

bool take_over(struct node *node, struct takeover *result, GError **error)
{
	bool taken;

	*result = (struct takeover){
		.options = &node->options,
		.sm_dir = node->sm_dir,
		.store = node->store,
		.known = node->known,
		.address_is_here = node->address_is_here,
	};
	taken = takeover_run(result, error);
	node->store = result->store;
	return taken;
}

group_state *must_take_over(struct node *node, enum adoption expected, guint clients)
{
	g_autoptr(GError) error = NULL;
	struct takeover result;
	group_state *state;

	take_over(node, &result, &error);
	g_assert_no_error(error);
	g_assert_cmpint(result.adoption, ==, expected);
	g_assert_cmpuint(result.clients->len, ==, clients);
	g_assert_cmpstr(result.state->node, ==, node->options.node);
	g_assert_cmpint(result.state->phase, ==, PHASE_ADOPTING);
	state = g_steal_pointer(&result.state);
	takeover_clear(&result);
	return state;
}

void must_be_refused(two_nodes *self, struct node *node, int code, const char *says)
{
	g_autofree char *state_before = scratch_read(self->shared, "fs/.lockferry/state");
	g_autofree char *account_before = scratch_read(self->shared, "fs/.lockferry/account");
	g_autofree char *sm_before = scratch_list(node->scratch, "sm");
	g_autoptr(GError) error = NULL;
	struct takeover result;

	g_assert_false(take_over(node, &result, &error));
	g_clear_pointer(&node->store, store_close);
	g_test_message("%s", error->message);
	g_assert_cmpint(lf_error_exit_status(error), ==, code);
	if (strstr(error->message, says) == NULL)
		g_error("'%s' does not say '%s'", error->message, says);
	g_assert_null(result.state);
	g_assert_null(result.clients);
	g_assert_null(result.warnings);
	g_autofree char *state_after = scratch_read(self->shared, "fs/.lockferry/state");
	g_autofree char *account_after = scratch_read(self->shared, "fs/.lockferry/account");
	g_autofree char *sm_after = scratch_list(node->scratch, "sm");
	g_assert_cmpstr(state_after, ==, state_before);
	g_assert_cmpstr(account_after, ==, account_before);
	g_assert_cmpstr(sm_after, ==, sm_before);
}

void set_phase(struct node *node, group_state *state, enum phase phase)
{
	g_autoptr(GError) error = NULL;

	state->phase = phase;
	g_assert_true(store_save_state(node->store, state, &error));
	g_assert_no_error(error);
}

void crash(struct node *node)
{
	g_clear_pointer(&node->store, store_close);
}

guint hand_over_at_once(struct node *node, group_state *state, enum phase phase, bool unlock)
{
	struct capture capture = {.sm_dir = node->sm_dir, .store = node->store};
	struct handover job = {.options = &node->options, .capture = &capture, .unlock = unlock};
	g_autoptr(GError) error = NULL;
	guint locks;

	state->phase = phase;
	job.state = group_state_copy(state);
	g_assert_true(handover_run(&job, &error));
	g_assert_no_error(error);
	locks = job.locks;
	handover_clear(&job);
	return locks;
}

guint hand_over(struct node *node, group_state *state, enum phase phase, bool unlock)
{
	guint locks;

	if (phase == PHASE_RELEASED)
		hand_over_at_once(node, state, PHASE_FROZEN, false);
	locks = hand_over_at_once(node, state, phase, unlock);
	crash(node);
	return locks;
}

void hold_locks(two_nodes *self, struct node *node, guint count)
{
	g_autoptr(GString) text = g_string_new("9: POSIX  ADVISORY  WRITE 1 00:00:1 0 EOF\n");

	for (guint i = 0; i < count; i++) {
		g_autofree char *line = scratch_lock_line(self->exports[0], 100 + i);

		g_string_append(text, line);
	}
	scratch_set_locks(node->scratch, text->str);
}

void assert_record(struct node *node, const char *file, const char *text)
{
	g_autofree char *path = g_build_filename("sm", file, NULL);
	g_autofree char *found = scratch_read(node->scratch, path);

	g_assert_cmpstr(found, ==, text);
}

gint32 serve_on_a(two_nodes *self, enum phase last)
{
	g_autoptr(group_state) state = must_take_over(&self->a, ADOPTION_RESUME, 0);

	scratch_write(self->a.scratch, "sm/client-a", RECORD_A);
	scratch_write(self->a.scratch, "sm/10.99.0.22", RECORD_B);
	hold_locks(self, &self->a, 3);
	g_assert_cmpuint(hand_over(&self->a, state, last, false), ==, 3);
	return state->state_number;
}
