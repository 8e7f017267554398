/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/service.h"

#include "base/clock.h"
#include "control/message.h"
#include "group/address_bits.h"
#include "server/server.h"
#include "service/disk_watch.h"
#include "service/group_process.h"
#include "service/memory.h"
#include "service/metrics.h"
#include "service/status.h"

#include <qb/qblog.h>
#include <string.h>

/* How often to check lockd and the grace period, and to try again what failed. */
#define TICK_INTERVAL_S 1

/* Searches all processes only if statd is not the one of the last time. */
const char *service_statd(struct service *self)
{
	const struct kernel *kernel = &self->options->kernel;

	if (self->statd == NULL || !kernel_statd_is(kernel, self->statd)) {
		g_free(self->statd);
		self->statd = kernel_statd(kernel);
	}
	return self->statd;
}

/* As long as the address is away, nobody can take the locks that clients must reclaim. */
static bool waits_for_address(const group_state *state)
{
	return state->recovery_due && (state->phase == PHASE_ARMED || state->phase == PHASE_FROZEN);
}

/* The part of the situation that this process knows by itself. Handling an event may change it. */
static void note_ourselves(const struct service *self, struct situation *now)
{
	const group_state *state = self->state;

	now->phase = state->phase;
	now->epoch = state->epoch;
	now->state_number = state->state_number;
	now->recovery_due = state->recovery_due;
	now->stopping = self->stopping;
	now->telling = telling_is_on(self->telling);
	now->all_have_heard = roster_all_have_heard(self->roster);
	now->lock_manager = state->lock_manager;
	now->statd = self->statd;
}

struct situation service_situation(struct service *self)
{
	const struct kernel *kernel = &self->options->kernel;
	const group_state *state = self->state;
	struct situation now = {
		.now_us = clock_now_us(),
		.now_s = clock_now_s(),
		.lock_manager_runs = kernel_lock_manager_is(kernel, state->lock_manager),
		.server_began = kernel_server_began(kernel, state->lock_manager),
		.grace = kernel_grace(kernel),
		.grace_runs_short = waits_for_address(state) &&
				    server_grace_runs_short(self->options, state->lock_manager),
		.nfs4_grace_runs = kernel_nfs4_grace_runs(kernel),
	};

	if (state->phase == PHASE_RECLAIMING)
		now.grace_left_s = kernel_grace_left(
			kernel, self->options->own_server ? state->lock_manager : NULL);
	service_statd(self);
	note_ourselves(self, &now);
	return now;
}

static gint64 disk_ms(const struct service *self)
{
	return adopter_disk_ms(self->adopter, clock_now_us());
}

/* The view for status and metrics. It borrows `waits_for`. */
static struct status_view view(const struct service *self, const char *waits_for)
{
	const group_state *state = self->state;

	return (struct status_view){
		.options = self->options,
		.state = state,
		.clients = roster_clients(self->roster),
		.found = adopter_view(self->adopter),
		.addresses = self->addresses,
		.problems = &self->problems,
		.cautions = &self->cautions,
		.disk_ms = disk_ms(self),
		.reclaims = reclaim_watch_view(self->reclaim_watch),
		.told = telling_view(self->telling),
		.server = server_watch_view(self->server_watch),
		.latency = barrier_latency(self->barrier),
		.waits_for = waits_for,
		.taking_over = self->taking_over,
		.lock_manager_runs = state != NULL && kernel_lock_manager_is(&self->options->kernel,
							      state->lock_manager),
		.is_saved = !ownership_is_pending(self->ownership),
		.locks_at_freeze = self->locks_at_freeze,
		.callouts = intake_watch_callouts(self->intake_watch),
		.callouts_missed = statd_watch_missed(self->statd_watch),
	};
}

static JsonObject *status(struct service *self)
{
	g_autofree char *waits_for = adopter_waits_for(self->adopter);
	struct status_view now = view(self, waits_for);

	return status_to_json(&now);
}

static void offer_metrics(const struct service *self)
{
	struct status_view now = view(self, NULL);

	metrics_file_offer(self->metrics, metrics_format(&now));
}

static void metrics_written_to(const char *problem, void *data)
{
	struct service *self = data;

	problems_set(&self->problems, PROBLEM_METRICS, problem);
}

static void watch_statd(struct service *self)
{
	gint64 now_us = clock_now_us();

	statd_watch_look_at_missed(self->statd_watch, now_us);
	if (statd_watch_is_due(self->statd_watch, now_us))
		statd_watch_look_at_rights(self->statd_watch, service_statd(self), now_us);
}

static void look_at_all(struct service *self)
{
	struct situation now;

	disk_watch_look(self->options, disk_ms(self), &self->problems);
	service_watch_intake(self);
	watch_statd(self);
	if (self->metrics != NULL)
		offer_metrics(self);
	if (self->state == NULL || self->taking_over)
		return;
	if (self->state->phase == PHASE_ADOPTING && !self->stopping) {
		service_take_over(self);
		return;
	}
	now = service_situation(self);
	if (!self->stopping)
		service_watch_lock_manager(self, &now);
	if (!self->stopping && !self->taking_over)
		service_watch_grace(self, &now);
	service_watch_recovery(self);
	note_ourselves(self, &now);
	server_watch_look(self->server_watch, &now);
	reclaim_watch_look(self->reclaim_watch, &now);
	lock_recorder_look(self->lock_recorder, &now);
	leftovers_look(self->leftovers, &now, roster_clients(self->roster));
	roster_look(self->roster, &now);
	if (ownership_look(self->ownership, &now))
		service_watch_others(self);
	memory_give_back();
	if (ownership_is_due(self->ownership))
		service_save(self);
}

static void tick(void *data)
{
	struct service *self = data;

	self->tick_timer = clock_timer_s(TICK_INTERVAL_S, tick, self);
	look_at_all(self);
}

/* Stopping, and what else is asked */

static void stop(struct service *self)
{
	if (self->stopping && !ownership_is_due(self->ownership))
		return;
	self->stopping = true;
	lock_recorder_renew(self->lock_recorder);
	server_watch_renew(self->server_watch);
	adopter_give_up(self->adopter);
	if (!self->taking_over)
		service_begin_stop(self);
}

void service_stop(service *self)
{
	self->stop_regardless = true;
	stop(self);
}

/* statd recorded a client. The callout is answered when the record is durable, or late. */
static void record(struct service *self, const char *mon_name, control_call *call)
{
	intake_watch_callout(self->intake_watch);
	/* Without the address, none of the group's locks can be taken here, and the adoption reads
	 * all records: the callout need not wait. */
	if (!barrier_is_open(self->barrier) && !addresses_any_here(self->addresses))
		barrier_refuse(call, "served");
	/* status reports that the list is full, not each single client. */
	else if (!intake_watch_admits(self->intake_watch, roster_clients(self->roster), mon_name,
			 clock_now_us()))
		barrier_refuse(call, "recorded");
	else
		barrier_wait(self->barrier, mon_name, call);
}

static void answer_request(const char *request, control_call *call, void *data)
{
	struct service *self = data;
	g_autoptr(JsonObject) answer = NULL;

	if (g_str_equal(request, "status")) {
		answer = status(self);
		control_answer(call, answer);
		return;
	}
	if (g_str_equal(request, "stop") && self->stop_call == NULL) {
		self->stop_call = call;
		stop(self);
		return;
	}
	if (g_str_has_prefix(request, CONTROL_RECORD)) {
		record(self, request + strlen(CONTROL_RECORD), call);
		return;
	}
	answer = json_object_new();
	json_object_set_string_member(answer, "error",
		g_str_equal(request, "stop") ? "it is being stopped already" : "no such request");
	control_answer(call, answer);
}

/* Life */

static void set_up_parts(struct service *self)
{
	const struct group_options *options = self->options;
	struct problems *problems = &self->problems;

	self->thread = worker_new();
	self->looks = worker_new();
	self->recorder = recorder_new(&self->capture, self->thread, &service_recorder_events, self);
	self->roster = roster_new(
		options, self->thread, &self->capture, problems, service_clients_changed, self);
	self->unusable = unusable_new(options->sm_dir, problems);
	self->intake_watch = intake_watch_new(problems, &self->capture.full);
	self->barrier = barrier_new(self->recorder, options->record_timeout_ms, problems);
	self->adopter = adopter_new(options, self->sm_dir, self->thread, &self->capture,
		&self->cautions, &service_adopter_events, self);
	self->ownership = ownership_new(
		options, self->thread, &self->capture, problems, &service_ownership_events, self);
	self->telling =
		telling_new(options, problems, &self->cautions, roster_account, self->roster);
	self->tickler = tickler_new();
	self->reclaim_watch =
		reclaim_watch_new(options, self->looks, &self->cautions, service_grace_ended, self);
	self->lock_recorder = lock_recorder_new(options, self->looks, self->thread, problems);
	self->recoveries = recoveries_new(self->thread);
	self->server_watch = server_watch_new(options, self->looks, problems);
	self->leftovers = leftovers_new(options, self->sm_dir, self->thread);
	if (options->metrics != NULL)
		self->metrics = metrics_file_new(
			options->metrics, options->group, metrics_written_to, self);
}

static bool set_up(struct service *self, GError **error)
{
	const struct group_options *options = self->options;
	uid_t user;

	self->addresses = addresses_new(options->addresses, service_look_at_addresses, self, error);
	if (self->addresses == NULL)
		return false;
	/* The group's own addresses get their bits first, so that addresses from a damaged store
	 * cannot use them up. */
	for (gsize i = 0; addresses_list(self->addresses)[i] != NULL; i++)
		address_bit(addresses_list(self->addresses)[i]);
	self->sm_dir = sm_dir_open(options->sm_dir, error);
	if (self->sm_dir == NULL)
		return false;
	user = sm_dir_owner(self->sm_dir);
	self->socket =
		control_open(options->run_dir, options->group, user, answer_request, self, error);
	if (self->socket == NULL)
		return false;
	self->statd_watch = statd_watch_new(options, user, &self->problems, error);
	if (self->statd_watch == NULL)
		return false;
	set_up_parts(self);
	return addresses_start(self->addresses, error);
}

/* The store is closed before the answer is sent, because the filesystem may be unmounted right
 * after it. */
static void answer_stop(struct service *self)
{
	g_autoptr(JsonObject) answer = json_object_new();

	json_object_set_boolean_member(
		answer, "released", self->state == NULL || self->state->phase == PHASE_RELEASED);
	control_answer(g_steal_pointer(&self->stop_call), answer);
}

static void tear_down(struct service *self)
{
	/* Jobs that are still running must not begin anything new when they report. */
	self->stopping = true;
	if (self->lock_recorder != NULL)
		lock_recorder_renew(self->lock_recorder);
	clock_timer_clear(&self->tick_timer);
	g_clear_pointer(&self->metrics, metrics_file_free);
	if (self->roster != NULL)
		roster_stop(self->roster);
	if (self->recorder != NULL)
		recorder_stop(self->recorder);
	g_clear_pointer(&self->looks, worker_free);
	if (self->telling != NULL)
		telling_abandon(self->telling);
	/* The parts must live until the threads have reported everything to them. */
	g_clear_pointer(&self->thread, worker_free);
	g_clear_pointer(&self->unusable, unusable_free);
	g_clear_pointer(&self->intake_watch, intake_watch_free);
	g_clear_pointer(&self->roster, roster_free);
	g_clear_pointer(&self->ownership, ownership_free);
	g_clear_pointer(&self->telling, telling_free);
	g_clear_pointer(&self->leftovers, leftovers_free);
	g_clear_pointer(&self->recoveries, recoveries_free);
	g_clear_pointer(&self->server_watch, server_watch_free);
	g_clear_pointer(&self->lock_recorder, lock_recorder_free);
	g_clear_pointer(&self->reclaim_watch, reclaim_watch_free);
	g_clear_pointer(&self->tickler, tickler_free);
	g_clear_pointer(&self->recorder, recorder_free);
	g_clear_pointer(&self->addresses, addresses_free);
	g_clear_pointer(&self->adopter, adopter_free);
	g_clear_pointer(&self->sm_dir, sm_dir_close);
	g_clear_pointer(&self->barrier, barrier_free);
	g_clear_pointer(&self->statd_watch, statd_watch_free);
	if (self->stop_call != NULL)
		answer_stop(self);
	g_clear_pointer(&self->socket, control_close);
	g_clear_pointer(&self->state, group_state_free);
	problems_clear(&self->problems);
	cautions_clear(&self->cautions);
	g_free(self->statd);
}

void service_quit(struct service *self)
{
	if (self->has_ended)
		return;
	self->has_ended = true;
	self->calls->ended(self->data);
}

service *service_start(const struct group_options *options, const struct service_events *events,
	void *data, GError **error)
{
	service *self = g_new0(service, 1);

	self->options = options;
	self->calls = events;
	self->data = data;
	if (!set_up(self, error)) {
		tear_down(self);
		g_free(self);
		return NULL;
	}
	self->tick_timer = clock_timer_s(TICK_INTERVAL_S, tick, self);
	service_take_over(self);
	return self;
}

bool service_end(service *self, GError **error)
{
	GError *failure = g_steal_pointer(&self->failure);

	tear_down(self);
	g_clear_error(&self->failure);
	g_free(self);
	if (failure == NULL)
		return true;
	g_propagate_error(error, failure);
	return false;
}
