/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The phases of a group: takeover, addresses that come and go, telling the clients, stop; and the
 * actions on leaving and entering a phase. */

#include "base/clock.h"
#include "service/group_process.h"

#include <qb/qblog.h>

/* Recovery */

/* A shared server's grace period has a length of its own. */
static void note_times(struct service *self)
{
	const struct recovery_end end = {
		.store = adopter_store(self->adopter),
		.epoch = self->state->epoch,
		.clients = client_list_size(roster_clients(self->roster)),
		.progress = telling_view(self->telling).progress,
	};

	if (self->options->own_server)
		recoveries_note(self->recoveries, &end);
}

static void end_recovery(struct service *self, const struct situation *now)
{
	service_note_others(self);
	roster_end_recovery(self->roster, now->now_us);
	telling_finish(self->telling, now, reclaim_watch_view(self->reclaim_watch).all_back,
		self->state->other_groups);
	roster_account(self->roster);
	note_times(self);
}

void service_watch_recovery(struct service *self)
{
	struct situation now;

	if (self->state->phase != PHASE_RECLAIMING || self->stopping)
		return;
	now = service_situation(self);
	switch (telling_look(self->telling, &now, self->addresses, roster_clients(self->roster))) {
	case TELLING_GOES_ON:
		return;
	case TELLING_ENDS:
		end_recovery(self, &now);
		break;
	case TELLING_NEEDLESS:
		break;
	}
	self->state->recovery_due = false;
	service_post(self, EVENT_GRACE_OVER);
}

void service_grace_ended(void *data)
{
	service_watch_recovery(data);
}

/* Phases */

static void leave(struct service *self, enum phase phase)
{
	leftovers_renew(self->leftovers, clock_now_us());
	lock_recorder_renew(self->lock_recorder);
	server_watch_renew(self->server_watch);
	if (phase == PHASE_RECLAIMING)
		telling_abandon(self->telling);
}

static void enter(struct service *self, enum phase phase)
{
	switch (phase) {
	case PHASE_ADOPTING:
		/* The takeover saves the state itself. */
		service_take_over(self);
		return;
	case PHASE_RECLAIMING:
		self->graces_missed = 0;
		service_save(self);
		service_watch_recovery(self);
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
	service_save(self);
	problems_set(&self->problems, PROBLEM_GRACE, NULL);
}

/* The only place that writes the phase. The exception is a takeover, which brings a state that is
 * already `adopting`. */
static void change_phase(struct service *self, enum phase to)
{
	enum phase from = self->state->phase;

	self->state->phase = to;
	/* A stop saves the last phase only, and begins nothing. */
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

void service_post(struct service *self, enum phase_event event)
{
	g_queue_push_tail(&self->events, GINT_TO_POINTER(event));
	if (self->handling)
		return;
	self->handling = true;
	while (!g_queue_is_empty(&self->events))
		happen(self, (enum phase_event)GPOINTER_TO_INT(g_queue_pop_head(&self->events)));
	self->handling = false;
}

/* Renews the connections that clients had before the takeover. */
static void renew_connections(struct service *self)
{
	const char *const *list = addresses_list(self->addresses);

	for (guint i = 0; list[i] != NULL; i++) {
		if (addresses_is_here(self->addresses, i))
			tickler_arrived(self->tickler, list[i]);
	}
}

void service_look_at_addresses(void *data)
{
	struct service *self = data;

	if (self->state == NULL || self->taking_over || self->stopping)
		return;
	service_post(
		self, addresses_any_here(self->addresses) ? EVENT_ADDRESS_UP : EVENT_ADDRESS_GONE);
	renew_connections(self);
	if (telling_is_on(self->telling)) {
		struct situation now = service_situation(self);

		telling_arrived(self->telling, &now, self->addresses);
	}
}

/* Each new grace period restarts the lock manager for every group of the node, so their number is
 * limited. If the address comes after the last one, the clients are not told. This is a problem, so
 * the monitor fails, and the cluster starts the group again. */
#define GRACES_MISSED_MAX 3

/* As long as the address is away, clients cannot reclaim their locks. If the grace period has ended
 * by then, or is too short for them, they need another one. */
void service_watch_grace(struct service *self, const struct situation *now)
{
	if ((now->phase != PHASE_ARMED && now->phase != PHASE_FROZEN) || !now->recovery_due ||
		self->graces_missed >= GRACES_MISSED_MAX)
		return;
	if (now->grace != KERNEL_GRACE_OVER && !now->grace_runs_short)
		return;
	self->graces_missed++;
	qb_log(LOG_WARNING,
		"the address of group '%s' is not on this node yet, and %u s are left of the grace period: its clients need another grace period (%u of %u)",
		self->options->group,
		kernel_grace_left(&self->options->kernel,
			self->options->own_server ? now->lock_manager : NULL),
		self->graces_missed, GRACES_MISSED_MAX);
	service_post(self, EVENT_GRACE_MISSED);
}

void service_watch_lock_manager(struct service *self, const struct situation *now)
{
	if (now->lock_manager_runs)
		return;
	qb_log(LOG_WARNING,
		"the lock manager was restarted: every lock of group '%s' must be reclaimed",
		self->options->group);
	service_post(self, EVENT_LOCK_MANAGER_RESTARTED);
}

/* Taking over */

/* If the disk took so long that the grace period is over, or nearly, the group is taken over again.
 * Otherwise the address would come now, and other clients could take the locks of those who cannot
 * be told. */
static bool grace_was_missed(struct service *self)
{
	struct situation now = service_situation(self);

	service_watch_grace(self, &now);
	return self->taking_over;
}

/* Every record that statd has now is in the store, so the address may come. */
static void adopted(void *data, const GError *error)
{
	struct service *self = data;

	self->taking_over = false;
	if (error != NULL)
		problems_set(&self->problems, PROBLEM_RECORDING, error->message);
	if (self->stopping) {
		service_begin_stop(self);
		return;
	}
	/* The barrier waits for a rescan that failed and is tried again. If statd's directory is
	 * not watched, there is no rescan to wait for. */
	if (self->watching)
		barrier_open(self->barrier);
	service_post(self, EVENT_ADOPTED);
	addresses_look(self->addresses);
	if (!addresses_any_here(self->addresses) && grace_was_missed(self))
		return;
	if (!self->is_ready && self->calls->ready != NULL)
		self->calls->ready(self->data);
	self->is_ready = true;
	service_look_at_addresses(self);
}

static void expect_reclaims(struct service *self, struct takeover *takeover)
{
	const struct reclaim_expectation expected = {
		.locks = g_steal_pointer(&takeover->to_reclaim),
		.exact = takeover->to_reclaim_exact,
		.after_crash = takeover->after_crash,
	};

	reclaim_watch_expect(self->reclaim_watch, &expected, clock_now_us());
}

/* First watch the directory, so that no record is missed; then read what statd recorded before. */
static void watch_records(struct service *self)
{
	g_autoptr(GError) error = NULL;

	self->watching = self->watching || recorder_start(self->recorder, &error);
	if (error != NULL)
		problems_set(&self->problems, PROBLEM_RECORDING, error->message);
	recorder_rescan(self->recorder, adopted, self);
}

static void use_clients(struct service *self, const struct takeover *takeover)
{
	const struct roster_origin origin = {
		.store = takeover->store,
		.epoch = self->state->epoch,
		.clients = takeover->clients,
		.connections = takeover->connections,
	};

	roster_use(self->roster, &origin, clock_now_s());
}

static guint taken(struct takeover *what, void *data)
{
	struct service *self = data;

	problems_set(&self->problems, PROBLEM_ADOPTION, NULL);
	g_clear_pointer(&self->state, group_state_free);
	self->state = g_steal_pointer(&what->state);
	ownership_use(self->ownership, what->store);
	recoveries_server_began(self->recoveries, what->server_began_us);
	lock_recorder_use(self->lock_recorder, what->store);
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
	service_begin_stop(self);
}

const struct adopter_events service_adopter_events = {
	.taken = taken,
	.failed = not_taken,
};

void service_take_over(struct service *self)
{
	const client_list *clients = roster_clients(self->roster);

	self->taking_over = true;
	adopter_begin(self->adopter, addresses_any_here(self->addresses),
		clients != NULL ? client_list_copy(clients) : NULL);
}

/* Stopping */

void service_begin_stop(struct service *self)
{
	if (self->state == NULL) {
		service_quit(self);
		return;
	}
	addresses_look(self->addresses);
	telling_abandon(self->telling);
	if (addresses_any_here(self->addresses)) {
		qb_log(LOG_WARNING,
			"group '%s' is stopped but not released, because its address is still on this node: another node takes it over only after this node was fenced",
			self->options->group);
	} else {
		service_post(self, EVENT_ADDRESS_GONE);
		service_post(self, EVENT_STOP);
	}
	/* Save the account before another node can take the group. */
	roster_account_now(self->roster);
	service_save(self);
}
