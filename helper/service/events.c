/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Handles the events of the parts of a group's process: captures records, saves the state. */

#include "base/clock.h"
#include "node/neighbours.h"
#include "service/group_process.h"

#include <qb/qblog.h>

/* Recording */

/* Nobody waits for this rescan: the callouts of its clients have been answered already. */
static void retaken(void *data G_GNUC_UNUSED, const GError *error G_GNUC_UNUSED)
{
}

/* Stores every record that statd has now. */
static void rescan(struct service *self)
{
	if (self->watching)
		recorder_rescan(self->recorder, retaken, self);
}

void service_watch_intake(struct service *self)
{
	if (intake_watch_look(self->intake_watch, roster_clients(self->roster), clock_now_us()))
		rescan(self);
}

/* A short situation, because a client's first lock waits for it: of the kernel's state it has only
 * statd, and while clients reclaim whether grace runs. */
static struct situation moment(struct service *self)
{
	return (struct situation){
		.now_us = clock_now_us(),
		.now_s = clock_now_s(),
		.phase = self->state->phase,
		.epoch = self->state->epoch,
		.statd = service_statd(self),
		.grace = self->state->phase == PHASE_RECLAIMING
				 ? kernel_grace(&self->options->kernel)
				 : KERNEL_GRACE_OVER,
	};
}

static void merge(struct service *self, const struct captured *what,
	guint (*into)(roster *, const struct captured *, const struct situation *))
{
	struct situation now = moment(self);
	guint added = into(self->roster, what, &now);

	/* statd had them before the takeover, which could not record them: they must be told. */
	if (added > 0 && what->whole && now.grace == KERNEL_GRACE_RUNS)
		telling_abandon(self->telling);
	/* Records that statd had before the adoption are not new clients. */
	if (barrier_is_open(self->barrier))
		intake_watch_note(self->intake_watch, added, now.now_us);
	service_watch_intake(self);
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

const struct recorder_events service_recorder_events = {
	.captured = captured,
	.problem = not_recorded,
};

void service_clients_changed(void *data)
{
	struct service *self = data;

	telling_note(self->telling, clock_now_us());
}

/* Saving */

bool service_note_others(struct service *self)
{
	group_state *state = self->state;

	/* Nobody else's clients are recorded by the statd of its own server. */
	if (self->options->own_server || state->other_groups ||
		!neighbours_since_boot(self->options->run_dir, self->options->group))
		return false;
	state->other_groups = true;
	return true;
}

void service_save(struct service *self)
{
	/* During a takeover the state still belongs to an epoch that ends. The new state is saved
	 * when the group is adopted. */
	if (self->taking_over && !self->stopping)
		return;
	service_note_others(self);
	ownership_save(
		self->ownership, self->state, self->state->phase == PHASE_FROZEN || self->stopping);
}

/* In any other phase, the end of the phase saves the state. */
void service_watch_others(struct service *self)
{
	if (self->state->phase == PHASE_SERVING && !self->stopping && service_note_others(self))
		service_save(self);
}

static void disowned(const GError *error, void *data)
{
	struct service *self = data;

	if (self->failure == NULL)
		self->failure = g_error_copy(error);
	service_quit(self);
}

static void save_again(void *data)
{
	service_save(data);
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
		service_quit(self);
}

/* The next tick tries again, so only a stop has something to report. */
static void not_saved(const GError *error, void *data)
{
	struct service *self = data;
	g_autoptr(JsonObject) answer = json_object_new();

	if (!self->stopping)
		return;
	if (self->stop_regardless)
		service_quit(self);
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

const struct ownership_events service_ownership_events = {
	.lost = disowned,
	.save = save_again,
	.handed_over = handed_over,
	.saved = saved,
	.failed = not_saved,
	.alarm = alarmed,
};
