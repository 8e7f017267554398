/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recorder/recorder.h"

#include "base/clock.h"
#include "base/error.h"
#include "recorder/sm_watch.h"

#define RETRY_INTERVAL_S 1

struct recorder {
	struct capture *capture;
	worker *thread;
	const struct recorder_events *events;
	void *data;
	sm_watch *watch; /* owned; NULL before the start and after the stop */
	guint retry_timer;
	GHashTable *changed; /* the names that the watch reported and that no job has taken yet */
	bool everything;     /* the whole directory must be read */
	bool under_way;      /* a job that the watch caused is in progress */
	guint64 taken;       /* how many such jobs were given to the worker */
	GQueue waiters;      /* of struct waiter, in the order in which they are served */
	bool failing;        /* the last such job failed */
	bool removed;        /* the directory itself was removed */
	bool stopped;
};

/* A caller of recorder_sync() that waits for the success of the job with this number. */
struct waiter {
	guint64 job;
	worker_done done;
	void *data;
};

/* A job captures these files, or everything if `names` is NULL. */
struct job {
	recorder *self;
	GHashTable *names;
	struct captured result;
	worker_done done; /* called in addition; may be NULL */
	void *data;
};

static void take_job(recorder *self);

static GHashTable *name_set_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static void job_free(struct job *job)
{
	captured_clear(&job->result);
	g_clear_pointer(&job->names, g_hash_table_unref);
	g_free(job);
}

/* Runs on the worker thread. */
static bool run_job(void *data, GError **error)
{
	struct job *job = data;
	gint64 now = clock_now_s();

	if (job->names == NULL)
		return capture_all(job->self->capture, now, &job->result, error);
	return capture_files(job->self->capture, job->names, now, &job->result, error);
}

static void retry(void *data)
{
	recorder *self = data;

	self->retry_timer = 0;
	take_job(self);
}

/* Serves the waiters whose job is done. With `error`, serves all of them. */
static void serve_waiters(recorder *self, const GError *error)
{
	struct waiter *first;

	while ((first = g_queue_peek_head(&self->waiters)) != NULL &&
		(error != NULL || first->job <= self->taken)) {
		g_queue_pop_head(&self->waiters);
		first->done(first->data, error);
		g_free(first);
	}
}

/* The next job stores what the failed one should have stored. So the waiters of the failed job
 * must wait for the next one. */
static void keep_in_mind(recorder *self, const struct job *job)
{
	GHashTableIter iter;
	gpointer name;

	for (GList *at = self->waiters.head; at != NULL; at = at->next) {
		struct waiter *waiter = at->data;

		waiter->job = self->taken + 1;
	}
	if (job->names == NULL) {
		self->everything = true;
		return;
	}
	g_hash_table_iter_init(&iter, job->names);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		g_hash_table_add(self->changed, g_strdup(name));
}

static void job_failed(recorder *self, const struct job *job, const GError *error)
{
	keep_in_mind(self, job);
	self->failing = true;
	self->events->problem(error->message, self->data);
	if (self->retry_timer == 0 && !self->stopped)
		self->retry_timer = clock_timer_s(RETRY_INTERVAL_S, retry, self);
}

static void job_done(void *data, const GError *error)
{
	struct job *job = data;
	recorder *self = job->self;

	self->under_way = false;
	if (error != NULL) {
		job_failed(self, job, error);
	} else {
		/* A rescan that failed meanwhile must still be repeated, so the problem is not
		 * over. */
		if (self->failing && !self->removed && self->retry_timer == 0)
			self->events->problem(NULL, self->data);
		self->failing = self->failing && self->retry_timer != 0;
		/* Waiters go first, because locks of clients wait for them. */
		serve_waiters(self, NULL);
		self->events->captured(&job->result, self->data);
		take_job(self);
	}
	job_free(job);
}

/* Gives the worker everything that must be stored, unless it is busy. Changes in the meantime
 * then form one job. */
static void take_job(recorder *self)
{
	struct job *job;

	if (self->stopped || self->under_way || self->retry_timer != 0 ||
		(!self->everything && g_hash_table_size(self->changed) == 0))
		return;
	job = g_new0(struct job, 1);
	job->self = self;
	job->names = self->everything ? NULL : g_hash_table_ref(self->changed);
	g_hash_table_unref(self->changed);
	self->changed = name_set_new();
	self->everything = false;
	self->under_way = true;
	self->taken++;
	worker_push(self->thread, run_job, job_done, job);
}

static void note_changed(const char *name, void *data)
{
	recorder *self = data;

	if (name[0] != '.')
		g_hash_table_add(self->changed, g_strdup(name));
}

static void note_lost(void *data)
{
	recorder *self = data;

	self->everything = true;
}

static void note_gone(void *data)
{
	recorder *self = data;

	self->removed = true;
	self->events->problem(
		"statd's sm directory was removed, moved or unmounted: restart the group's resource",
		self->data);
}

static const struct sm_watch_events watch_events = {
	.changed = note_changed,
	.lost = note_lost,
	.gone = note_gone,
};

/* Reads everything that the watch has to report now. */
static void drain_events(void *data)
{
	recorder *self = data;

	if (self->watch != NULL)
		sm_watch_read(self->watch, &watch_events, self);
	take_job(self);
}

recorder *recorder_new(
	struct capture *capture, worker *thread, const struct recorder_events *events, void *data)
{
	recorder *self = g_new0(recorder, 1);

	self->capture = capture;
	self->thread = thread;
	self->events = events;
	self->data = data;
	self->changed = name_set_new();
	return self;
}

bool recorder_start(recorder *self, GError **error)
{
	self->watch = sm_watch_new(sm_dir_path(self->capture->sm_dir), drain_events, self, error);
	return self->watch != NULL;
}

static void rescan_done(void *data, const GError *error)
{
	struct job *job = data;

	if (error == NULL)
		job->self->events->captured(&job->result, job->self->data);
	else
		job_failed(job->self, job, error);
	job->done(job->data, error);
	job_free(job);
}

void recorder_rescan(recorder *self, worker_done done, void *data)
{
	struct job *job = g_new0(struct job, 1);

	job->self = self;
	job->done = done;
	job->data = data;
	worker_push(self->thread, run_job, rescan_done, job);
}

void recorder_sync(recorder *self, worker_done done, void *data)
{
	struct waiter *waiter;
	bool pending;

	drain_events(self);
	pending = self->everything || g_hash_table_size(self->changed) > 0;
	if (!pending && !self->under_way) {
		done(data, NULL);
		return;
	}
	waiter = g_new(struct waiter, 1);
	waiter->job = pending ? self->taken + 1 : self->taken;
	waiter->done = done;
	waiter->data = data;
	g_queue_push_tail(&self->waiters, waiter);
}

void recorder_stop(recorder *self)
{
	g_autoptr(GError) error =
		g_error_new_literal(LF_ERROR, LF_ERROR_FAILED, "the group is being stopped");

	self->stopped = true;
	serve_waiters(self, error);
	g_clear_pointer(&self->watch, sm_watch_free);
	clock_timer_clear(&self->retry_timer);
}

void recorder_free(recorder *self)
{
	if (self == NULL)
		return;
	recorder_stop(self);
	g_hash_table_unref(self->changed);
	g_free(self);
}
