/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What a group's process tells of itself in figures, for Prometheus. The names are a contract:
 * alert rules rely on them. docs/admin-guide.md lists them. */

#include "report/exposition.h"
#include "service/internal.h"

struct page {
	const struct service *self;
	GString *text;
};

static void gauge(struct page *page, const char *name, const char *help, double value)
{
	const struct metric_label labels[] = {{"group", page->self->options->group}, {0}};

	exposition_family(page->text, name, METRIC_GAUGE, help);
	exposition_sample(page->text, name, labels, value);
}

/* One of the values of a label is 1, the others are 0. */
static void add_phase(struct page *page)
{
	const struct service *self = page->self;
	enum phase now = self->state != NULL ? self->state->phase : PHASE_ADOPTING;

	exposition_family(
		page->text, "lockferry_phase", METRIC_GAUGE, "Whether the group is in this phase.");
	for (int i = 0; i < PHASE_COUNT; i++) {
		const struct metric_label labels[] = {
			{"group", self->options->group}, {"phase", phase_name((enum phase)i)}, {0}};

		exposition_sample(page->text, "lockferry_phase", labels, (enum phase)i == now);
	}
}

static void add_clients(struct page *page)
{
	const struct service *self = page->self;
	const client_list *clients = roster_clients(self->roster);

	exposition_family(page->text, "lockferry_clients", METRIC_GAUGE,
		"Clients that have locks or had them lately, by how far their recovery is.");
	for (int i = 0; i < RECOVERY_COUNT; i++) {
		const struct metric_label labels[] = {{"group", self->options->group},
			{"recovery", recovery_name((enum recovery)i)}, {0}};

		exposition_sample(page->text, "lockferry_clients", labels,
			clients != NULL ? client_list_count(clients, (enum recovery)i) : 0);
	}
}

static void add_health(struct page *page)
{
	const struct service *self = page->self;

	gauge(page, "lockferry_problem",
		"Whether something is wrong that has the cluster's monitor fail.",
		problems_any(&self->problems, false));
	gauge(page, "lockferry_degraded",
		"Whether something needs an administrator, though the group is served.",
		service_warns(self));
}

static void add_latency(struct page *page)
{
	const struct metric_label labels[] = {{"group", page->self->options->group}, {0}};

	exposition_family(page->text, "lockferry_record_latency_seconds", METRIC_HISTOGRAM,
		"How long a client's first lock waited until its record was on the disk.");
	exposition_histogram(page->text, "lockferry_record_latency_seconds", labels,
		barrier_latency(page->self->barrier));
}

static void add_recovery(struct page *page)
{
	struct telling_view last = telling_view(page->self->telling);
	const struct metric_label labels[] = {{"group", page->self->options->group}, {0}};

	exposition_family(page->text, "lockferry_recoveries_total", METRIC_COUNTER,
		"Recoveries that this process began or took up.");
	exposition_sample(page->text, "lockferry_recoveries_total", labels, last.count);
	gauge(page, "lockferry_recovery_start_time_seconds",
		"When the last recovery began, since the epoch; 0 without one.",
		(double)last.began);
	gauge(page, "lockferry_recovery_last_reclaim_seconds",
		"How long after its start the last client came back; 0 without one.",
		progress_seconds(last.progress, RECOVERY_RECLAIMED));
	gauge(page, "lockferry_recovery_grace_seconds",
		"How long after its start the grace period was over; 0 before that.",
		last.ended > 0 ? (double)(last.ended - last.began) : 0);
}

char *service_figures(const struct service *self)
{
	struct page page = {.self = self, .text = g_string_new(NULL)};

	add_phase(&page);
	add_clients(&page);
	add_health(&page);
	add_latency(&page);
	add_recovery(&page);
	gauge(&page, "lockferry_state_number", "What clients are told in SM_NOTIFY; odd.",
		self->state != NULL ? self->state->state_number : 0);
	gauge(&page, "lockferry_epoch",
		"Grows by one with each change of owner or of the lock manager.",
		self->state != NULL ? (double)self->state->epoch : 0);
	return g_string_free(page.text, FALSE);
}
