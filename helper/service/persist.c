/* SPDX-License-Identifier: GPL-2.0-or-later */

/* How the state of a group gets into its store, with all that has to be stored before it, and
 * whether the store still is ours: by jobs of the writer's. */

#include "base/error.h"
#include "node/neighbours.h"
#include "service/handover.h"
#include "service/internal.h"

#include <qb/qblog.h>

/* How often to look whether the store still is ours. */
#define CLAIM_INTERVAL_S 5

/* And whether the clients in it are what we wrote: each record is a file to be looked at, while
 * those that are to be written wait. */
#define CLIENTS_INTERVAL_S 10
#define CLIENTS_REST_PER_LOOK 100

/* The claim */

/* Another node has the group: whatever we did from now on would be wrong, so end at once and leave
 * the store alone. */
static void disowned(struct service *self, const GError *error)
{
	if (self->failure == NULL)
		self->failure = g_error_copy(error);
	g_main_loop_quit(self->loop);
}

struct claim_job {
	struct service *self;
	GPtrArray *alarms; /* out; owned */
	guint changed;     /* out; texts that somebody else changed */
	bool look_at_clients;
	bool clients_changed; /* out; likewise */
	gint64 took_us;       /* out; that look */
};

static void look_at_clients(struct claim_job *job)
{
	gint64 began_us = g_get_monotonic_time();

	job->clients_changed = !store_check_clients(job->self->to);
	job->took_us = g_get_monotonic_time() - began_us;
}

static bool run_claim_job(void *data, GError **error)
{
	struct claim_job *job = data;
	store *to = job->self->to;
	bool ours = store_check_claim(to, error);

	if (ours)
		job->changed = store_check_texts(to);
	if (ours && job->look_at_clients)
		look_at_clients(job);
	job->alarms = store_take_alarms(to);
	return ours && store_check_place(to, error);
}

/* What is recorded from time to time is recorded again, as are the records that statd has, and the
 * account is saved. */
static void raise_alarms(struct service *self, const struct claim_job *job)
{
	for (guint i = 0; i < job->alarms->len; i++)
		cautions_add(&self->cautions, g_ptr_array_index(job->alarms, i));
	if (job->changed != 0)
		lock_recorder_renew(self->lock_recorder);
	if (job->clients_changed)
		service_rescan(self);
	if (job->alarms->len > 0)
		service_account_changed(self);
}

static void claim_job_done(void *data, const GError *error)
{
	struct claim_job *job = data;
	struct service *self = job->self;

	self->checking_claim = false;
	if (job->look_at_clients)
		self->clients_due_us =
			g_get_monotonic_time() + MAX(CLIENTS_INTERVAL_S * G_USEC_PER_SEC,
							 job->took_us * CLIENTS_REST_PER_LOOK);
	if (g_error_matches(error, LF_ERROR, LF_ERROR_NOT_OWNER))
		disowned(self, error);
	else
		problems_set(&self->problems, PROBLEM_PLACE, error != NULL ? error->message : NULL);
	raise_alarms(self, job);
	g_ptr_array_unref(job->alarms);
	g_free(job);
}

bool service_note_others(struct service *self)
{
	group_state *state = self->state;

	if (state->other_groups ||
		!neighbours_since_boot(self->options->run_dir, self->options->group))
		return false;
	state->other_groups = true;
	return true;
}

void service_watch_claim(struct service *self)
{
	struct claim_job *job;

	if (self->checking_claim || g_get_monotonic_time() < self->claim_due_us)
		return;
	/* In any other phase it is saved as that ends. */
	if (self->state->phase == PHASE_SERVING && !self->stopping && service_note_others(self))
		service_save(self);
	self->checking_claim = true;
	self->claim_due_us = g_get_monotonic_time() + CLAIM_INTERVAL_S * G_USEC_PER_SEC;
	job = g_new0(struct claim_job, 1);
	job->self = self;
	job->look_at_clients = g_get_monotonic_time() >= self->clients_due_us;
	worker_push(self->thread, run_claim_job, claim_job_done, job);
}

/* Saving the state, and what has to be stored before it */

struct save_job {
	struct service *self;
	bool final; /* the address is gone: the last records and the lock set go with it */
	struct handover handover;
};

static bool run_save_job(void *data, GError **error)
{
	struct save_job *job = data;

	return job->final ? handover_run(&job->handover, error)
			  : store_save_state(job->self->to, job->handover.state, error);
}

static void stop_failed(struct service *self, const char *why)
{
	g_autoptr(JsonObject) answer = json_object_new();

	if (self->stop_regardless)
		g_main_loop_quit(self->loop);
	if (self->stop_call == NULL)
		return;
	json_object_set_string_member(answer, "error", why);
	control_answer(g_steal_pointer(&self->stop_call), answer);
}

static void save_job_done(void *data, const GError *error)
{
	struct save_job *job = data;
	struct service *self = job->self;
	enum phase saved = job->handover.state->phase;

	self->saving = false;
	if (g_error_matches(error, LF_ERROR, LF_ERROR_NOT_OWNER)) {
		disowned(self, error);
	} else if (g_error_matches(error, LF_ERROR, LF_ERROR_OUTDATED)) {
		/* The group was taken over meanwhile: what it is now is still to be saved. */
		service_save(self);
	} else if (error != NULL) {
		problems_set(&self->problems, PROBLEM_STORE, error->message);
		self->save_again = true; /* by the next tick */
		if (self->stopping)
			stop_failed(self, error->message);
	} else {
		problems_set(&self->problems, PROBLEM_STORE, NULL);
		if (job->final) {
			service_merge(self, &job->handover.captured);
			self->locks_at_freeze = job->handover.locks;
			lock_recorder_doubt(self->lock_recorder, job->handover.doubt);
			qb_log(LOG_NOTICE, "group '%s' %s: %u clients and %u locks noted",
				self->options->group, phase_name(saved),
				client_list_size(self->clients), job->handover.locks);
		}
		if (self->save_again)
			service_save(self);
		else if (self->stopping)
			g_main_loop_quit(self->loop);
	}
	handover_clear(&job->handover);
	g_free(job);
}

void service_save(struct service *self)
{
	struct save_job *job;

	/* What there is to save while the group is taken over is of an epoch that ends; what it is
	 * then is saved as it is adopted. */
	if (self->taking_over && !self->stopping)
		return;
	self->save_again = self->saving;
	if (self->saving)
		return;
	service_note_others(self);
	self->saving = true;
	job = g_new0(struct save_job, 1);
	job->self = self;
	job->final = self->state->phase == PHASE_FROZEN || self->stopping;
	job->handover.options = self->options;
	job->handover.capture = &self->capture;
	job->handover.state = group_state_copy(self->state);
	job->handover.unlock =
		self->options->unlock_on_stop && self->state->phase == PHASE_RELEASED;
	worker_push(self->thread, run_save_job, save_job_done, job);
}
