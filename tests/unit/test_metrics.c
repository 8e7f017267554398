/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/metrics.h"

#include <string.h>

typedef struct fixture {
	struct group_options options;
	struct problems problems;
	struct cautions cautions;
	struct progress progress;
	struct histogram latency;
	group_state *state;
	client_list *clients;
	struct status_view view;
} fixture;

static void set_up(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->options = (struct group_options){.group = "blue"};
	self->state = group_state_new("blue", 0);
	self->state->phase = PHASE_SERVING;
	self->clients = client_list_new();
	self->view = (struct status_view){
		.options = &self->options,
		.state = self->state,
		.clients = self->clients,
		.problems = &self->problems,
		.cautions = &self->cautions,
		.told = {.progress = &self->progress},
		.latency = &self->latency,
	};
}

static void tear_down(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	client_list_free(self->clients);
	group_state_free(self->state);
	problems_clear(&self->problems);
}

/* The value of a sample of the page. `labels` follow the label of the group. */
static double value_of(const fixture *self, const char *name, const char *labels)
{
	g_autofree char *page = metrics_format(&self->view);
	g_autofree char *sample = g_strdup_printf("\n%s{group=\"blue\"%s} ", name, labels);
	const char *found = strstr(page, sample);

	if (found == NULL)
		g_error("there is no '%s' in:\n%s", sample + 1, page);
	g_assert_null(strstr(found + 1, sample));
	return g_ascii_strtod(found + strlen(sample), NULL);
}

static void assert_phase(const fixture *self, enum phase expected)
{
	for (int i = 0; i < PHASE_COUNT; i++) {
		g_autofree char *labels =
			g_strdup_printf(",phase=\"%s\"", phase_name((enum phase)i));

		g_assert_cmpfloat(
			value_of(self, "lockferry_phase", labels), ==, (enum phase)i == expected);
	}
}

/* An alert for a missing group needs a sample in each phase, and also before the takeover. */
static void test_phase(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	for (int i = 0; i < PHASE_COUNT; i++) {
		self->state->phase = (enum phase)i;
		assert_phase(self, (enum phase)i);
	}
	self->view.state = NULL;
	self->view.clients = NULL;
	assert_phase(self, PHASE_ADOPTING);
	g_assert_cmpfloat(value_of(self, "lockferry_epoch", ""), ==, 0);
	g_assert_cmpfloat(value_of(self, "lockferry_state_number", ""), ==, 0);
	g_assert_cmpfloat(value_of(self, "lockferry_clients", ",recovery=\"lost\""), ==, 0);
}

static void test_state(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	self->state->epoch = 41;
	self->state->state_number = G_MAXINT32;
	g_assert_cmpfloat(value_of(self, "lockferry_epoch", ""), ==, 41);
	g_assert_cmpfloat(value_of(self, "lockferry_state_number", ""), ==, G_MAXINT32);
}

static double clients_that_are(const fixture *self, enum recovery recovery)
{
	g_autofree char *labels = g_strdup_printf(",recovery=\"%s\"", recovery_name(recovery));

	return value_of(self, "lockferry_clients", labels);
}

/* Each kind has one client more than the kind before it. */
static void test_clients(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	guint number = 0;

	for (int i = 0; i < RECOVERY_COUNT; i++) {
		for (int j = 0; j <= i; j++) {
			g_autofree char *name = g_strdup_printf("192.0.2.%u", ++number);

			client_list_put(self->clients, client_new(name, NULL, name, "node1"));
			client_list_set_recovery(self->clients, name, (enum recovery)i);
		}
	}
	for (int i = 0; i < RECOVERY_COUNT; i++)
		g_assert_cmpfloat(clients_that_are(self, (enum recovery)i), ==, i + 1);
}

/* A problem makes the monitor fail and a warning does not, so these are two metrics. */
static void test_health(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	enum problem warning = PROBLEM_COUNT, failure = PROBLEM_COUNT;

	for (int i = 0; i < PROBLEM_COUNT; i++)
		*(problem_is_warning((enum problem)i) ? &warning : &failure) = (enum problem)i;
	g_assert_cmpfloat(value_of(self, "lockferry_problem", ""), ==, 0);
	g_assert_cmpfloat(value_of(self, "lockferry_degraded", ""), ==, 0);
	problems_set(&self->problems, warning, "look at it");
	g_assert_cmpfloat(value_of(self, "lockferry_problem", ""), ==, 0);
	g_assert_cmpfloat(value_of(self, "lockferry_degraded", ""), ==, 1);
	problems_set(&self->problems, warning, NULL);
	problems_set(&self->problems, failure, "mend it");
	g_assert_cmpfloat(value_of(self, "lockferry_problem", ""), ==, 1);
	g_assert_cmpfloat(value_of(self, "lockferry_degraded", ""), ==, 0);
}

static void test_latency(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const char *name = "lockferry_record_latency_seconds_";
	g_autofree char *count = g_strconcat(name, "count", NULL);
	g_autofree char *sum = g_strconcat(name, "sum", NULL);
	g_autofree char *bucket = g_strconcat(name, "bucket", NULL);

	g_assert_cmpfloat(value_of(self, count, ""), ==, 0);
	histogram_observe(&self->latency, 0.25);
	histogram_observe(&self->latency, 1000);
	g_assert_cmpfloat(value_of(self, count, ""), ==, 2);
	g_assert_cmpfloat(value_of(self, sum, ""), ==, 1000.25);
	g_assert_cmpfloat(value_of(self, bucket, ",le=\"+Inf\""), ==, 2);
}

#define S ((gint64)G_USEC_PER_SEC)

static void test_recovery(fixture *self, gconstpointer data G_GNUC_UNUSED)
{
	const char *start = "lockferry_recovery_start_time_seconds";
	const char *reclaim = "lockferry_recovery_last_reclaim_seconds";
	const char *grace = "lockferry_recovery_grace_seconds";

	g_assert_cmpfloat(value_of(self, "lockferry_recoveries_total", ""), ==, 0);
	g_assert_cmpfloat(value_of(self, start, ""), ==, 0);
	client_list_put(self->clients, client_new("192.0.2.9", NULL, "192.0.2.9", "node1"));
	progress_begin(&self->progress, self->clients, 100 * S);
	self->view.told.count = 3;
	self->view.told.began = 1763712234;
	g_assert_cmpfloat(value_of(self, "lockferry_recoveries_total", ""), ==, 3);
	g_assert_cmpfloat(value_of(self, start, ""), ==, 1763712234);
	g_assert_cmpfloat(value_of(self, reclaim, ""), ==, 0);
	g_assert_cmpfloat(value_of(self, grace, ""), ==, 0);
	client_list_set_recovery(self->clients, "192.0.2.9", RECOVERY_RECLAIMED);
	progress_look(&self->progress, self->clients, 107 * S);
	self->view.told.ended = 1763712234 + 90;
	g_assert_cmpfloat(value_of(self, reclaim, ""), ==, 7);
	g_assert_cmpfloat(value_of(self, grace, ""), ==, 90);
}

#define ADD(name, test) g_test_add("/metrics/" name, fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("phase", test_phase);
	ADD("state", test_state);
	ADD("clients", test_clients);
	ADD("health", test_health);
	ADD("latency", test_latency);
	ADD("recovery", test_recovery);
	return g_test_run();
}
