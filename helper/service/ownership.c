/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/ownership.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/slot.h"

/* How often to check whether the store is still ours. */
#define CLAIM_INTERVAL_S 5

/* How often to check whether the client records are what we wrote. A check reads the file of every
 * record, and new records must wait for it. */
#define CLIENTS_INTERVAL_S 10
#define CLIENTS_REST_PER_LOOK 100

struct ownership {
	const struct group_options *options;
	worker *writes;
	struct capture *capture;
	struct problems *problems;
	const struct ownership_events *events;
	void *data;
	store *store; /* borrowed; used by the worker's thread */
	struct slot saving;
	bool server_ends;  /* the group's own was told to stop */
	guint locks;       /* how many were noted last */
	bool save_pending; /* the state changed meanwhile, or could not be saved */
	struct slot checking;
	gint64 claim_due_us;   /* next check of the ownership, monotonic */
	gint64 clients_due_us; /* next check of the client records, monotonic */
};

ownership *ownership_new(const struct group_options *options, worker *writes,
	struct capture *capture, struct problems *problems, const struct ownership_events *events,
	void *data)
{
	ownership *self = g_new0(ownership, 1);

	self->options = options;
	self->writes = writes;
	self->capture = capture;
	self->problems = problems;
	self->events = events;
	self->data = data;
	return self;
}

void ownership_use(ownership *self, store *to)
{
	self->store = to;
}

/* The claim */

struct claim_job {
	ownership *self;
	guint ticket;
	store *store;
	GPtrArray *alarms; /* out; owned */
	guint changed;     /* out; how many texts somebody else changed */
	bool prove_disk;
	bool look_at_clients;
	bool clients_changed; /* out; somebody else changed the records */
	gint64 begun_us;
	gint64 took_us; /* out; the check of the records */
};

static void look_at_clients(struct claim_job *job)
{
	gint64 began_us = clock_now_us();

	job->clients_changed = !store_check_clients(job->store);
	job->took_us = clock_now_us() - began_us;
}

static bool run_claim_job(void *data, GError **error)
{
	struct claim_job *job = data;
	bool ours = store_check_claim(job->store, error);

	if (ours)
		job->changed = store_check_texts(job->store);
	if (ours && job->look_at_clients)
		look_at_clients(job);
	job->alarms = store_take_alarms(job->store);
	return ours && store_check_place(job->store, error) &&
	       (!job->prove_disk || store_prove_disk(job->store, error));
}

static void claim_job_done(void *data, const GError *error)
{
	struct claim_job *job = data;
	ownership *self = job->self;
	const struct ownership_alarm alarm = {
		.texts = job->alarms,
		.texts_changed = job->changed != 0,
		.clients_changed = job->clients_changed,
	};

	slot_return(&self->checking, job->ticket);
	if (job->look_at_clients)
		self->clients_due_us = job->begun_us + job->took_us +
				       MAX(CLIENTS_INTERVAL_S * G_USEC_PER_SEC,
					       job->took_us * CLIENTS_REST_PER_LOOK);
	if (g_error_matches(error, LF_ERROR, LF_ERROR_NOT_OWNER))
		self->events->lost(error, self->data);
	else
		problems_set(self->problems, PROBLEM_PLACE, error != NULL ? error->message : NULL);
	if (job->alarms->len > 0 || alarm.texts_changed || alarm.clients_changed)
		self->events->alarm(&alarm, self->data);
	g_ptr_array_unref(job->alarms);
	g_free(job);
}

bool ownership_look(ownership *self, const struct situation *now)
{
	struct claim_job *job;

	if (self->checking.busy || now->now_us < self->claim_due_us)
		return false;
	self->claim_due_us = now->now_us + CLAIM_INTERVAL_S * G_USEC_PER_SEC;
	job = g_new0(struct claim_job, 1);
	job->self = self;
	job->ticket = slot_take(&self->checking);
	job->store = self->store;
	job->begun_us = now->now_us;
	job->prove_disk = self->options->own_server;
	job->look_at_clients = now->now_us >= self->clients_due_us;
	worker_push(self->writes, run_claim_job, claim_job_done, job);
	return true;
}

/* Saving the state, and what must be stored before it */

struct save_job {
	ownership *self;
	guint ticket;
	store *store;
	bool final;
	struct handover handover;
};

static bool run_save_job(void *data, GError **error)
{
	struct save_job *job = data;

	return job->final ? handover_run(&job->handover, error)
			  : store_save_state(job->store, job->handover.state, error);
}

static void use_saved(ownership *self, const struct save_job *job)
{
	problems_set(self->problems, PROBLEM_STORE, NULL);
	if (job->final)
		self->events->handed_over(&job->handover, self->data);
	if (self->save_pending)
		self->events->save(self->data);
	else
		self->events->saved(self->data);
}

static void save_job_done(void *data, const GError *error)
{
	struct save_job *job = data;
	ownership *self = job->self;

	slot_return(&self->saving, job->ticket);
	self->server_ends = job->handover.server_ends;
	self->locks = job->handover.locks;
	if (g_error_matches(error, LF_ERROR, LF_ERROR_NOT_OWNER)) {
		self->events->lost(error, self->data);
	} else if (g_error_matches(error, LF_ERROR, LF_ERROR_OUTDATED)) {
		self->events->save(self->data);
	} else if (error != NULL) {
		problems_set(self->problems, PROBLEM_STORE, error->message);
		self->save_pending = true;
		self->events->failed(error, self->data);
	} else {
		use_saved(self, job);
	}
	handover_clear(&job->handover);
	g_free(job);
}

void ownership_save(ownership *self, const group_state *state, bool final)
{
	struct save_job *job;

	self->save_pending = self->saving.busy;
	if (self->saving.busy)
		return;
	job = g_new0(struct save_job, 1);
	job->self = self;
	job->ticket = slot_take(&self->saving);
	job->store = self->store;
	job->final = final;
	job->handover.options = self->options;
	job->handover.capture = self->capture;
	job->handover.state = group_state_copy(state);
	job->handover.unlock = self->options->unlock_on_stop && state->phase == PHASE_RELEASED;
	job->handover.stop_server = self->options->own_server && state->phase == PHASE_RELEASED;
	job->handover.server_ends = self->server_ends;
	job->handover.locks = self->locks;
	worker_push(self->writes, run_save_job, save_job_done, job);
}

bool ownership_is_pending(const ownership *self)
{
	return self->saving.busy || self->save_pending;
}

bool ownership_is_due(const ownership *self)
{
	return self->save_pending && !self->saving.busy;
}

void ownership_free(ownership *self)
{
	g_free(self);
}
