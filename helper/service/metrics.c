/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/metrics.h"

#include "report/exposition.h"

/* The names are a contract, because alert rules use them. docs/admin-guide.md lists them. */

struct page {
	const struct status_view *view;
	GString *text;
};

static void gauge(struct page *page, const char *name, const char *help, double value)
{
	const struct metric_label labels[] = {{"group", page->view->options->group}, {0}};

	exposition_family(page->text, name, METRIC_GAUGE, help);
	exposition_sample(page->text, name, labels, value);
}

/* Exactly one phase has the value 1, the others 0. */
static void add_phase(struct page *page)
{
	const struct status_view *view = page->view;
	enum phase now = view->state != NULL ? view->state->phase : PHASE_ADOPTING;

	exposition_family(
		page->text, "lockferry_phase", METRIC_GAUGE, "Whether the group is in this phase.");
	for (int i = 0; i < PHASE_COUNT; i++) {
		const struct metric_label labels[] = {
			{"group", view->options->group}, {"phase", phase_name((enum phase)i)}, {0}};

		exposition_sample(page->text, "lockferry_phase", labels, (enum phase)i == now);
	}
}

static void add_clients(struct page *page)
{
	const struct status_view *view = page->view;
	const client_list *clients = view->clients;

	exposition_family(page->text, "lockferry_clients", METRIC_GAUGE,
		"Clients that have locks or had them lately, by how far their recovery is.");
	for (int i = 0; i < RECOVERY_COUNT; i++) {
		const struct metric_label labels[] = {{"group", view->options->group},
			{"recovery", recovery_name((enum recovery)i)}, {0}};

		exposition_sample(page->text, "lockferry_clients", labels,
			clients != NULL ? client_list_count(clients, (enum recovery)i) : 0);
	}
}

static void add_health(struct page *page)
{
	const struct status_view *view = page->view;

	gauge(page, "lockferry_problem",
		"Whether something is wrong that has the cluster's monitor fail.",
		problems_any(view->problems, false));
	gauge(page, "lockferry_degraded",
		"Whether something needs an administrator, though the group is served.",
		status_warns(view));
}

static void add_latency(struct page *page)
{
	const struct metric_label labels[] = {{"group", page->view->options->group}, {0}};

	exposition_family(page->text, "lockferry_record_latency_seconds", METRIC_HISTOGRAM,
		"How long a client's first lock waited until its record was on the disk.");
	exposition_histogram(
		page->text, "lockferry_record_latency_seconds", labels, page->view->latency);
}

static void add_recovery(struct page *page)
{
	const struct telling_view *last = &page->view->told;
	const struct metric_label labels[] = {{"group", page->view->options->group}, {0}};

	exposition_family(page->text, "lockferry_recoveries_total", METRIC_COUNTER,
		"Recoveries that this process began or took up.");
	exposition_sample(page->text, "lockferry_recoveries_total", labels, last->count);
	gauge(page, "lockferry_recovery_start_time_seconds",
		"When the last recovery began, since the epoch; 0 without one.",
		(double)last->began);
	gauge(page, "lockferry_recovery_last_reclaim_seconds",
		"How long after its start the last client came back; 0 without one.",
		progress_seconds(last->progress, RECOVERY_RECLAIMED));
	gauge(page, "lockferry_recovery_grace_seconds",
		"How long after its start the grace period was over; 0 before that.",
		last->ended > 0 ? (double)(last->ended - last->began) : 0);
}

static void add_own_server(struct page *page)
{
	const struct server_view *server = &page->view->server;

	if (!page->view->options->own_server)
		return;
	if (server->nfs4_clients != NULL)
		gauge(page, "lockferry_nfs4_clients",
			"NFSv4 clients of the group's own NFS server.", server->nfs4_count);
	if (server->keeper != NULL)
		gauge(page, "lockferry_lock_manager_wait_seconds",
			"How long the kernel's lock manager has not answered; 0: it answers.",
			(double)json_object_get_int_member_with_default(
				server->keeper, "lock_manager_silent_seconds", 0));
}

char *metrics_format(const struct status_view *view)
{
	struct page page = {.view = view, .text = g_string_new(NULL)};
	gint64 disk_wait_s = view->disk_ms / 1000;

	add_phase(&page);
	add_clients(&page);
	add_health(&page);
	add_latency(&page);
	gauge(&page, "lockferry_disk_wait_seconds",
		"How long the store's disk has not answered; 0: nothing waits for it.",
		(double)disk_wait_s);
	add_recovery(&page);
	add_own_server(&page);
	gauge(&page, "lockferry_state_number", "What clients are told in SM_NOTIFY; odd.",
		view->state != NULL ? view->state->state_number : 0);
	gauge(&page, "lockferry_epoch",
		"Grows by one with each change of owner or of the lock manager.",
		view->state != NULL ? (double)view->state->epoch : 0);
	return g_string_free(page.text, FALSE);
}
