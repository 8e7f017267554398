/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/service.h"

#include "base/error.h"
#include "control/message.h"
#include "group/address_bits.h"
#include "control/server.h"
#include "group/client_list.h"
#include "node/addresses.h"
#include "node/neighbours.h"
#include "recorder/recorder.h"
#include "server/grace.h"
#include "service/adopter.h"
#include "service/barrier.h"
#include "service/cautions.h"
#include "service/intake_watch.h"
#include "service/leftovers.h"
#include "service/lock_recorder.h"
#include "service/memory.h"
#include "service/metrics.h"
#include "service/ownership.h"
#include "service/problems.h"
#include "service/reclaim_watch.h"
#include "service/roster.h"
#include "service/statd_watch.h"
#include "service/status.h"
#include "service/telling.h"
#include "service/tickler.h"
#include "service/unusable.h"

#include <glib-unix.h>
#include <qb/qblog.h>
#include <signal.h>
#include <string.h>

/* How often to look whether lockd is still the same, how far grace is, and to try again what
 * failed. */
#define TICK_INTERVAL_S 1

/* A group's process. What it knows beside this is its parts', each of which has a header of its own
 * and knows neither this nor another part. */
struct service {
	const struct group_options *options;
	service_ready ready;
	void *ready_data;
	GMainLoop *loop;
	GError *failure; /* why the first take-over failed */

	sm_dir *live;
	worker *thread;         /* the store's */
	struct capture capture; /* of that thread, once taken over */
	recorder *records;
	addresses *here;
	control *socket;
	telling *telling;
	tickler *tickler;
	adopter *adopter;
	ownership *ownership;
	roster *roster;
	unusable *unusable;
	intake_watch *intake_watch;

	group_state *state; /* NULL until taken over */
	GQueue events;      /* of enum phase_event: what is still to happen to the group */
	bool handling;      /* one of them */
	struct problems problems;
	struct cautions cautions;
	char *statd; /* owned; the incarnation that ran when it was asked for last */
	guint locks_at_freeze;
	metrics *metrics; /* NULL: none are wanted */
	worker *looks;    /* the thread that looks at /proc/locks, which takes long where
			     many are held */
	reclaim_watch *reclaim_watch;
	lock_recorder *lock_recorder;
	leftovers *leftovers;
	barrier *barrier;
	statd_watch *statd_watch;

	control_call *stop_call; /* whom to tell that we stopped */
	guint tick_source;
	guint graces_missed; /* how many grace periods in a row the address did not come in */
	bool watching;       /* the recorder has been started */
	bool taking_over;    /* the job is with the worker */
	bool stopping;
	bool stop_regardless; /* SIGTERM: stop even if the state can't be saved */
};

static void post(struct service *self, enum phase_event event);
static void take_over(struct service *self);

static gint64 now_s(void)
{
	return g_get_real_time() / G_USEC_PER_SEC;
}

/* All processes are looked at only when it isn't the same. */
static const char *current_statd(struct service *self)
{
	const struct kernel *kernel = &self->options->kernel;

	if (self->statd == NULL || !kernel_statd_is(kernel, self->statd)) {
		g_free(self->statd);
		self->statd = kernel_statd(kernel);
	}
	return self->statd;
}

/* The one look at the kernel and the clock for all parts. */
static struct situation look(struct service *self)
{
	const struct kernel *kernel = &self->options->kernel;
	const group_state *state = self->state;

	return (struct situation){
		.now_us = g_get_monotonic_time(),
		.now_s = now_s(),
		.phase = state->phase,
		.epoch = state->epoch,
		.state_number = state->state_number,
		.recovery_due = state->recovery_due,
		.stopping = self->stopping,
		.telling = telling_is_on(self->telling),
		.all_have_heard = roster_all_have_heard(self->roster),
		.lock_manager = state->lock_manager,
		.lock_manager_runs = kernel_lock_manager_is(kernel, state->lock_manager),
		.statd = current_statd(self),
		.grace = kernel_grace(kernel),
		.nfs4_grace_runs = kernel_nfs4_grace_runs(kernel),
	};
}

/* What is told of all this; `waits_for` is the view's. */
static struct status_view view(const struct service *self, const char *waits_for)
{
	const group_state *state = self->state;

	return (struct status_view){
		.options = self->options,
		.state = state,
		.clients = roster_clients(self->roster),
		.found = adopter_view(self->adopter),
		.here = self->here,
		.problems = &self->problems,
		.cautions = &self->cautions,
		.reclaims = reclaim_watch_view(self->reclaim_watch),
		.told = telling_view(self->telling),
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

	metrics_offer(self->metrics, status_to_metrics(&now));
}

/* Recording */

/* Nobody waits for them: their callouts have been answered. */
static void retaken(void *data G_GNUC_UNUSED, const GError *error G_GNUC_UNUSED)
{
}

/* Whatever statd has is to be in the store. */
static void rescan(struct service *self)
{
	if (self->watching)
		recorder_rescan(self->records, retaken, self);
}

static void watch_intake(struct service *self)
{
	if (intake_watch_look(
		    self->intake_watch, roster_clients(self->roster), g_get_monotonic_time()))
		rescan(self);
}

/* On the way of a client's first lock: the kernel is asked for nothing but statd. */
static struct situation moment(struct service *self)
{
	return (struct situation){
		.now_us = g_get_monotonic_time(),
		.now_s = g_get_real_time() / G_USEC_PER_SEC,
		.phase = self->state->phase,
		.epoch = self->state->epoch,
		.statd = current_statd(self),
	};
}

static void merge(struct service *self, const struct captured *what,
	guint (*into)(roster *, const struct captured *, const struct situation *))
{
	struct situation now = moment(self);
	guint added = into(self->roster, what, &now);

	/* What statd had before is nothing new. */
	if (barrier_is_open(self->barrier))
		intake_watch_note(self->intake_watch, added, now.now_us);
	watch_intake(self);
}

static void captured(const struct captured *what, void *data)
{
	struct service *self = data;

	merge(self, what, roster_captured);
	unusable_note(self->unusable, what);
}

static void not_recorded(const char *text, void *data)
{
	struct service *self = data;

	problems_set(&self->problems, PROBLEM_RECORDING, text);
}

static const struct recorder_events recorder_events = {
	.captured = captured,
	.problem = not_recorded,
};

static void clients_changed(void *data)
{
	struct service *self = data;

	telling_note(self->telling, g_get_monotonic_time());
}

/* Saving */

/* Note in the state that other groups are served here, too: whether that is new. For good, as the
 * records of their clients stay in the store. */
static bool note_others(struct service *self)
{
	group_state *state = self->state;

	if (state->other_groups ||
		!neighbours_since_boot(self->options->run_dir, self->options->group))
		return false;
	state->other_groups = true;
	return true;
}

static void save(struct service *self)
{
	/* What there is to save while the group is taken over is of an epoch that ends; what it is
	 * then is saved as it is adopted. */
	if (self->taking_over && !self->stopping)
		return;
	note_others(self);
	ownership_save(
		self->ownership, self->state, self->state->phase == PHASE_FROZEN || self->stopping);
}

/* In any other phase it is saved as that ends. */
static void watch_others(struct service *self)
{
	if (self->state->phase == PHASE_SERVING && !self->stopping && note_others(self))
		save(self);
}

static void disowned(const GError *error, void *data)
{
	struct service *self = data;

	if (self->failure == NULL)
		self->failure = g_error_copy(error);
	g_main_loop_quit(self->loop);
}

static void save_again(void *data)
{
	save(data);
}

static void handed_over(const struct handover *what, void *data)
{
	struct service *self = data;

	merge(self, &what->captured, roster_merge);
	self->locks_at_freeze = what->locks;
	lock_recorder_doubt(self->lock_recorder, what->doubt);
	qb_log(LOG_NOTICE, "group '%s' %s: %u clients and %u locks noted", self->options->group,
		phase_name(what->state->phase), client_list_size(roster_clients(self->roster)),
		what->locks);
}

static void saved(void *data)
{
	struct service *self = data;

	if (self->stopping)
		g_main_loop_quit(self->loop);
}

/* The next tick tries again. */
static void not_saved(const GError *error, void *data)
{
	struct service *self = data;
	g_autoptr(JsonObject) answer = json_object_new();

	if (!self->stopping)
		return;
	if (self->stop_regardless)
		g_main_loop_quit(self->loop);
	if (self->stop_call == NULL)
		return;
	json_object_set_string_member(answer, "error", error->message);
	control_answer(g_steal_pointer(&self->stop_call), answer);
}

static void alarmed(const struct ownership_alarm *what, void *data)
{
	struct service *self = data;

	for (guint i = 0; i < what->texts->len; i++)
		cautions_add(&self->cautions, g_ptr_array_index(what->texts, i));
	if (what->texts_changed)
		lock_recorder_renew(self->lock_recorder);
	if (what->clients_changed)
		rescan(self);
	if (what->texts->len > 0)
		roster_account(self->roster);
}

static const struct ownership_events ownership_events = {
	.lost = disowned,
	.again = save_again,
	.handed_over = handed_over,
	.saved = saved,
	.failed = not_saved,
	.alarm = alarmed,
};

/* Recovery */

static void end_recovery(struct service *self, const struct situation *now)
{
	note_others(self);
	roster_mark_users(self->roster);
	telling_finish(self->telling, now, reclaim_watch_view(self->reclaim_watch).all_back,
		self->state->other_groups);
	roster_account(self->roster);
}

static void watch_recovery(struct service *self)
{
	struct situation now;

	if (self->state->phase != PHASE_RECLAIMING || self->stopping)
		return;
	now = look(self);
	switch (telling_look(self->telling, &now, self->here, roster_clients(self->roster))) {
	case TELLING_GOES_ON:
		return;
	case TELLING_ENDS:
		end_recovery(self, &now);
		break;
	case TELLING_NEEDLESS:
		break;
	}
	self->state->recovery_due = false;
	post(self, EVENT_GRACE_OVER);
}

/* Before its time, as all locks are back. */
static void grace_ended(void *data)
{
	watch_recovery(data);
}

/* Phases */

static void leave(struct service *self, enum phase phase)
{
	leftovers_renew(self->leftovers, g_get_monotonic_time());
	lock_recorder_renew(self->lock_recorder);
	if (phase == PHASE_RECLAIMING)
		telling_abandon(self->telling);
}

static void enter(struct service *self, enum phase phase)
{
	switch (phase) {
	case PHASE_ADOPTING:
		/* Which saves the state by itself. */
		take_over(self);
		return;
	case PHASE_RECLAIMING:
		self->graces_missed = 0;
		save(self);
		watch_recovery(self);
		return;
	case PHASE_SERVING:
		self->graces_missed = 0;
		break;
	case PHASE_ARMED:
	case PHASE_FROZEN:
	case PHASE_RELEASED:
	case PHASE_COUNT:
		break;
	}
	save(self);
	problems_set(&self->problems, PROBLEM_GRACE, NULL);
}

/* Nobody else writes the phase, but for a take-over, which brings a state that is adopting. */
static void change_phase(struct service *self, enum phase to)
{
	enum phase from = self->state->phase;

	self->state->phase = to;
	/* A stop saves the phase that it comes to, once, and begins nothing. */
	if (self->stopping)
		return;
	qb_log(LOG_NOTICE, "group '%s' is %s", self->options->group, phase_name(to));
	leave(self, from);
	enter(self, to);
}

static void happen(struct service *self, enum phase_event event)
{
	enum phase next = phase_next(self->state->phase, event, self->state->recovery_due);

	if (next != self->state->phase)
		change_phase(self, next);
}

/* One event to its end before the next: what comes of an event while it is handled waits for that.
 */
static void post(struct service *self, enum phase_event event)
{
	g_queue_push_tail(&self->events, GINT_TO_POINTER(event));
	if (self->handling)
		return;
	self->handling = true;
	while (!g_queue_is_empty(&self->events))
		happen(self, (enum phase_event)GPOINTER_TO_INT(g_queue_pop_head(&self->events)));
	self->handling = false;
}

/* Where clients had some before the group was taken over. */
static void renew_connections(struct service *self)
{
	const char *const *list = addresses_list(self->here);

	for (guint i = 0; list[i] != NULL; i++) {
		if (addresses_is_here(self->here, i))
			tickler_arrived(self->tickler, list[i]);
	}
}

static void look_at_addresses(void *data)
{
	struct service *self = data;

	if (self->state == NULL || self->taking_over || self->stopping)
		return;
	post(self, addresses_any_here(self->here) ? EVENT_ADDRESS_UP : EVENT_ADDRESS_GONE);
	renew_connections(self);
	telling_arrived(self->telling, self->here);
}

/* A grace period is had by restarting the lock manager, for every group of the node: so there is an
 * end to it. An address that comes later finds a group whose clients are not told, which is a
 * problem that fails the monitor, and the cluster starts the group again. */
#define GRACES_MISSED_MAX 3

/*
 * The address is away, so nobody could take the locks that its clients have to reclaim: once the
 * grace period is over in which they were to do so, or too short for them, they need another.
 */
static void watch_grace(struct service *self)
{
	const struct kernel *kernel = &self->options->kernel;
	enum phase phase = self->state->phase;

	if ((phase != PHASE_ARMED && phase != PHASE_FROZEN) || !self->state->recovery_due ||
		self->graces_missed >= GRACES_MISSED_MAX)
		return;
	if (kernel_grace(kernel) != KERNEL_GRACE_OVER && !grace_runs_short(self->options))
		return;
	self->graces_missed++;
	qb_log(LOG_WARNING,
		"the address of group '%s' has not come, and %u s are left of the grace period: "
		"its clients need another one (%u of %u)",
		self->options->group, kernel_grace_left(kernel), self->graces_missed,
		GRACES_MISSED_MAX);
	post(self, EVENT_GRACE_MISSED);
}

static void watch_lock_manager(struct service *self)
{
	if (kernel_lock_manager_is(&self->options->kernel, self->state->lock_manager))
		return;
	qb_log(LOG_WARNING,
		"the lock manager was restarted: every lock of group '%s' is to be reclaimed",
		self->options->group);
	post(self, EVENT_LOCK_MANAGER_RESTARTED);
}

/* A disk that takes longer for one job is told of. */
#define DISK_PATIENCE_MS 5000

static void watch_disk(struct service *self)
{
	gint64 busy_ms = adopter_disk_ms(self->adopter, g_get_monotonic_time());
	g_autofree char *text = NULL;

	if (busy_ms > DISK_PATIENCE_MS)
		text = g_strdup_printf("the store '%s' has not answered for %" G_GINT64_FORMAT
				       " s: look at its disk",
			self->options->store, busy_ms / 1000);
	problems_set(&self->problems, PROBLEM_DISK, text);
}

static void metrics_written_to(const char *problem, void *data)
{
	struct service *self = data;

	problems_set(&self->problems, PROBLEM_METRICS, problem);
}

static void watch_statd(struct service *self)
{
	gint64 now_us = g_get_monotonic_time();

	statd_watch_look_at_missed(self->statd_watch, now_us);
	if (statd_watch_is_due(self->statd_watch, now_us))
		statd_watch_look_at_rights(self->statd_watch, current_statd(self), now_us);
}

static gboolean tick(gpointer data)
{
	struct service *self = data;
	struct situation now;

	watch_disk(self);
	watch_intake(self);
	watch_statd(self);
	if (self->metrics != NULL)
		offer_metrics(self);
	if (self->state == NULL || self->taking_over)
		return G_SOURCE_CONTINUE;
	if (self->state->phase == PHASE_ADOPTING && !self->stopping) {
		take_over(self);
		return G_SOURCE_CONTINUE;
	}
	if (!self->stopping)
		watch_lock_manager(self);
	if (!self->stopping && !self->taking_over)
		watch_grace(self);
	watch_recovery(self);
	now = look(self);
	reclaim_watch_look(self->reclaim_watch, &now);
	lock_recorder_look(self->lock_recorder, &now);
	leftovers_look(self->leftovers, &now, roster_clients(self->roster));
	roster_look(self->roster, &now);
	if (ownership_look(self->ownership, &now))
		watch_others(self);
	memory_give_back();
	if (ownership_is_due(self->ownership))
		save(self);
	return G_SOURCE_CONTINUE;
}

/* Taking over */

static void begin_stop(struct service *self);

/* Every record that statd has by now is in the store: the address may come. */
static void adopted(void *data, const GError *error)
{
	struct service *self = data;

	self->taking_over = false;
	if (error != NULL)
		problems_set(&self->problems, PROBLEM_RECORDING, error->message);
	if (self->stopping) {
		begin_stop(self);
		return;
	}
	/* A rescan that failed is pending, and waited for. Nothing would be, where nothing is
	 * watched. */
	if (self->watching)
		barrier_open(self->barrier);
	post(self, EVENT_ADOPTED);
	if (self->ready != NULL)
		self->ready(self->ready_data);
	self->ready = NULL;
	addresses_look(self->here);
	look_at_addresses(self);
}

static void expect_reclaims(struct service *self, struct takeover *takeover)
{
	const struct reclaim_expectation expected = {
		.locks = g_steal_pointer(&takeover->to_reclaim),
		.exact = takeover->to_reclaim_exact,
		.after_crash = takeover->after_crash,
	};

	reclaim_watch_expect(self->reclaim_watch, &expected, g_get_monotonic_time());
}

/* From now on nothing that statd records is missed; then what it recorded before. */
static void watch_records(struct service *self)
{
	g_autoptr(GError) error = NULL;

	self->watching = self->watching || recorder_start(self->records, &error);
	if (error != NULL)
		problems_set(&self->problems, PROBLEM_RECORDING, error->message);
	recorder_rescan(self->records, adopted, self);
}

static void use_clients(struct service *self, const struct takeover *takeover)
{
	const struct roster_origin origin = {
		.to = takeover->to,
		.epoch = self->state->epoch,
		.clients = takeover->clients,
		.connections = takeover->connections,
	};

	roster_use(self->roster, &origin, now_s());
}

static guint taken(struct takeover *what, void *data)
{
	struct service *self = data;

	problems_set(&self->problems, PROBLEM_ADOPTION, NULL);
	g_clear_pointer(&self->state, group_state_free);
	self->state = g_steal_pointer(&what->state);
	ownership_use(self->ownership, what->to);
	lock_recorder_use(self->lock_recorder, what->to);
	use_clients(self, what);
	expect_reclaims(self, what);
	tickler_expect(self->tickler, g_steal_pointer(&what->connections),
		g_strv_length((char **)self->options->addresses));
	watch_records(self);
	return client_list_size(roster_clients(self->roster));
}

static void not_taken(const GError *error, void *data)
{
	struct service *self = data;

	self->taking_over = false;
	if (!self->stopping && self->state != NULL) {
		problems_set(&self->problems, PROBLEM_ADOPTION, error->message);
		return;
	}
	if (self->state == NULL)
		self->failure = g_error_copy(error);
	begin_stop(self);
}

static const struct adopter_events adopter_events = {
	.taken = taken,
	.failed = not_taken,
};

static void take_over(struct service *self)
{
	self->taking_over = true;
	adopter_begin(self->adopter, addresses_any_here(self->here));
}

/* Stopping */

/* What is asked of us is done when the state has been saved; saved() then quits. */
static void begin_stop(struct service *self)
{
	if (self->state == NULL) {
		g_main_loop_quit(self->loop);
		return;
	}
	addresses_look(self->here);
	telling_abandon(self->telling);
	if (addresses_any_here(self->here)) {
		qb_log(LOG_WARNING,
			"group '%s' is stopped with its address still on this node: it is not "
			"released, "
			"and another node will want this one fenced",
			self->options->group);
	} else {
		post(self, EVENT_ADDRESS_GONE);
		post(self, EVENT_STOP);
	}
	/* Before the group is another node's to take. */
	roster_account_now(self->roster);
	save(self);
}

static void stop(struct service *self)
{
	if (self->stopping && !ownership_is_due(self->ownership))
		return;
	self->stopping = true;
	lock_recorder_renew(self->lock_recorder);
	adopter_give_up(self->adopter);
	if (!self->taking_over)
		begin_stop(self);
}

static gboolean stop_by_signal(gpointer data)
{
	struct service *self = data;

	self->stop_regardless = true;
	stop(self);
	return G_SOURCE_CONTINUE;
}

/* Statd recorded a client: answered when that is durable, or late. */
static void record(struct service *self, const char *mon_name, control_call *call)
{
	intake_watch_callout(self->intake_watch);
	/* Adopting the group reads all records, and before its address is here none of its locks
	 * can be taken here. */
	if (!barrier_is_open(self->barrier) && !addresses_any_here(self->here))
		barrier_refuse(call, "served");
	/* That is said by status, not for each of them. */
	else if (!intake_watch_admits(self->intake_watch, roster_clients(self->roster), mon_name,
			 g_get_monotonic_time()))
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
	self->records = recorder_new(&self->capture, self->thread, &recorder_events, self);
	self->roster =
		roster_new(options, self->thread, &self->capture, problems, clients_changed, self);
	self->unusable = unusable_new(options->sm_dir, problems);
	self->intake_watch = intake_watch_new(problems, &self->capture.full);
	self->barrier = barrier_new(self->records, options->record_timeout_ms, problems);
	self->adopter = adopter_new(options, self->live, self->thread, &self->capture,
		&self->cautions, &adopter_events, self);
	self->ownership = ownership_new(
		options, self->thread, &self->capture, problems, &ownership_events, self);
	self->telling = telling_new(options, problems, roster_account, self->roster);
	self->tickler = tickler_new();
	self->reclaim_watch =
		reclaim_watch_new(options, self->looks, &self->cautions, grace_ended, self);
	self->lock_recorder = lock_recorder_new(options, self->looks, self->thread, problems);
	self->leftovers = leftovers_new(options, self->live, self->thread);
	if (options->metrics != NULL)
		self->metrics =
			metrics_new(options->metrics, options->group, metrics_written_to, self);
}

static bool set_up(struct service *self, GError **error)
{
	const struct group_options *options = self->options;
	uid_t user;

	self->here = addresses_new(options->addresses, look_at_addresses, self, error);
	if (self->here == NULL)
		return false;
	/* Before those that are in the store: damage must not use up the bits. */
	for (gsize i = 0; addresses_list(self->here)[i] != NULL; i++)
		address_bit(addresses_list(self->here)[i]);
	self->live = sm_dir_open(options->sm_dir, error);
	if (self->live == NULL)
		return false;
	user = sm_dir_owner(self->live);
	self->socket =
		control_open(options->run_dir, options->group, user, answer_request, self, error);
	if (self->socket == NULL)
		return false;
	self->statd_watch = statd_watch_new(options, user, &self->problems, error);
	if (self->statd_watch == NULL)
		return false;
	set_up_parts(self);
	return addresses_start(self->here, error);
}

/* The store is closed by now, so that the filesystem can be unmounted as soon as the answer is
 * there. */
static void answer_stop(struct service *self)
{
	g_autoptr(JsonObject) answer = json_object_new();

	json_object_set_boolean_member(
		answer, "released", self->state == NULL || self->state->phase == PHASE_RELEASED);
	control_answer(g_steal_pointer(&self->stop_call), answer);
}

static void tear_down(struct service *self)
{
	/* What jobs that are still under way report begins nothing new. */
	self->stopping = true;
	if (self->lock_recorder != NULL)
		lock_recorder_renew(self->lock_recorder);
	g_clear_handle_id(&self->tick_source, g_source_remove);
	g_clear_pointer(&self->metrics, metrics_free);
	if (self->roster != NULL)
		roster_stop(self->roster);
	if (self->records != NULL)
		recorder_stop(self->records);
	g_clear_pointer(&self->looks, worker_free);
	if (self->telling != NULL)
		telling_abandon(self->telling);
	/* The parts stay until the threads have nothing more to report to them. */
	g_clear_pointer(&self->thread, worker_free);
	g_clear_pointer(&self->unusable, unusable_free);
	g_clear_pointer(&self->intake_watch, intake_watch_free);
	g_clear_pointer(&self->roster, roster_free);
	g_clear_pointer(&self->ownership, ownership_free);
	g_clear_pointer(&self->telling, telling_free);
	g_clear_pointer(&self->leftovers, leftovers_free);
	g_clear_pointer(&self->lock_recorder, lock_recorder_free);
	g_clear_pointer(&self->reclaim_watch, reclaim_watch_free);
	g_clear_pointer(&self->tickler, tickler_free);
	g_clear_pointer(&self->records, recorder_free);
	g_clear_pointer(&self->here, addresses_free);
	g_clear_pointer(&self->adopter, adopter_free);
	g_clear_pointer(&self->live, sm_dir_close);
	g_clear_pointer(&self->barrier, barrier_free);
	g_clear_pointer(&self->statd_watch, statd_watch_free);
	if (self->stop_call != NULL)
		answer_stop(self);
	g_clear_pointer(&self->socket, control_close);
	g_clear_pointer(&self->state, group_state_free);
	problems_clear(&self->problems);
	cautions_clear(&self->cautions);
	g_free(self->statd);
	g_clear_pointer(&self->loop, g_main_loop_unref);
}

bool service_run(
	const struct group_options *options, service_ready ready, void *data, GError **error)
{
	struct service self = {.options = options, .ready = ready, .ready_data = data};
	guint signals[2];
	bool good;

	memory_set_up();
	self.loop = g_main_loop_new(NULL, FALSE);
	if (!set_up(&self, error)) {
		tear_down(&self);
		return false;
	}
	signals[0] = g_unix_signal_add(SIGTERM, stop_by_signal, &self);
	signals[1] = g_unix_signal_add(SIGINT, stop_by_signal, &self);
	self.tick_source = g_timeout_add_seconds(TICK_INTERVAL_S, tick, &self);
	take_over(&self);
	g_main_loop_run(self.loop);
	for (gsize i = 0; i < G_N_ELEMENTS(signals); i++)
		g_source_remove(signals[i]);
	good = self.failure == NULL;
	if (!good)
		g_propagate_error(error, g_steal_pointer(&self.failure));
	tear_down(&self);
	return good;
}
