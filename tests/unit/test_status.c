/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/metrics.h"
#include "service/status.h"

#include <string.h>

typedef struct fixture {
	struct group_options options;
	struct problems problems;
	struct cautions cautions;
	struct progress progress;
	struct histogram latency;
	group_state *state;
	client_list *clients;
	addresses *addresses;
	struct status_view view;
} fixture;

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const list[] = {"192.0.2.1", NULL};

	self->options = (struct group_options){
		.group = "blue",
		.node = "node1",
		.store = "/store",
		.sm_dir = "/sm",
		.kernel = {.nfsd_dir = "/none", .lockd_dir = "/none", .proc_dir = "/none"},
	};
	self->state = group_state_new("blue", 0);
	self->clients = client_list_new();
	self->addresses = addresses_new(list, NULL, NULL, NULL);
	self->view = (struct status_view){
		.options = &self->options,
		.state = self->state,
		.clients = self->clients,
		.addresses = self->addresses,
		.problems = &self->problems,
		.cautions = &self->cautions,
		.told = {.progress = &self->progress},
		.latency = &self->latency,
		.lock_manager_runs = true,
		.is_saved = true,
	};
	self->state->phase = PHASE_SERVING;
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	addresses_free(self->addresses);
	client_list_free(self->clients);
	group_state_free(self->state);
	problems_clear(&self->problems);
}

/* Another group relies on this when it ends the grace period. */
static void test_needs_grace(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_false(status_needs_grace(&self->view));
	self->state->recovery_due = true;
	g_assert_true(status_needs_grace(&self->view));
	self->state->recovery_due = false;
	self->view.lock_manager_runs = false;
	g_assert_true(status_needs_grace(&self->view));
	self->view.lock_manager_runs = true;
	self->view.taking_over = true;
	g_assert_true(status_needs_grace(&self->view));
	self->view.taking_over = false;
	self->state->phase = PHASE_RECLAIMING;
	g_assert_true(status_needs_grace(&self->view));
	self->view.reclaims.all_back = true;
	g_assert_false(status_needs_grace(&self->view));
	self->view.state = NULL;
	g_assert_true(status_needs_grace(&self->view));
}

static void assert_phase(const fixture *self, const char *expected)
{
	g_autoptr(JsonObject) status = status_to_json(&self->view);

	g_assert_cmpstr(json_object_get_string_member(status, "phase"), ==, expected);
}

/* "frozen" is a promise that everything is in the store. */
static void test_phase(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->view.is_saved = false;
	assert_phase(self, "serving");
	self->state->phase = PHASE_FROZEN;
	assert_phase(self, "freezing");
	self->view.is_saved = true;
	assert_phase(self, "frozen");
	self->view.state = NULL;
	assert_phase(self, "adopting");
}

static void assert_fencing(const fixture *self, const char *text, bool known, bool waits)
{
	g_autoptr(JsonObject) status = status_to_json(&self->view);

	g_assert_cmpstr(json_object_get_string_member(status, "fencing"), ==, text);
	g_assert_true(json_object_get_boolean_member(status, "fencing_known") == known);
	g_assert_true(json_object_get_boolean_member(status, "waits_for_fencing") == waits);
}

/* The command decides by the members, whatever the text is. */
static void test_fencing(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	assert_fencing(self, "", false, false);
	self->view.found.fencing = "cannot be asked: no fencer";
	assert_fencing(self, "cannot be asked: no fencer", false, false);
	self->view.found.fencing = "never";
	self->view.found.fencing_known = true;
	assert_fencing(self, "never", true, false);
	self->view.waits_for = "the fencing of 'node2'";
	assert_fencing(self, "the fencing of 'node2'", true, true);
}

static void test_warns(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *metrics = NULL;

	g_assert_false(status_warns(&self->view));
	self->view.reclaims.awaited = "new locks wait";
	g_assert_true(status_warns(&self->view));
	self->view.reclaims.awaited = NULL;
	client_list_put(self->clients, client_new("192.0.2.9", NULL, "192.0.2.9", "node1"));
	g_assert_false(status_warns(&self->view));
	client_list_set_recovery(self->clients, "192.0.2.9", RECOVERY_UNREACHABLE);
	g_assert_true(status_warns(&self->view));
	metrics = metrics_format(&self->view);
	g_assert_nonnull(strstr(metrics, "lockferry_degraded{group=\"blue\"} 1\n"));
	g_assert_nonnull(strstr(metrics, "lockferry_problem{group=\"blue\"} 0\n"));
}

#define ADD(name, test) g_test_add("/status/" name, fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("needs grace", test_needs_grace);
	ADD("phase", test_phase);
	ADD("fencing", test_fencing);
	ADD("warns", test_warns);
	return g_test_run();
}
