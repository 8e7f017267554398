/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/lock_recorder.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/slot.h"
#include "net/connections.h"
#include "service/memory.h"
#include "verify/group_look.h"

#include <string.h>

/* The kernel grants no lock while it lists them, and the store's thread records no client while it
 * writes a set. So look and write together take at most a hundredth of the time, however many locks
 * there are. */
#define REST_MIN_S 10
#define REST_PER_LOOK 100

/* How long one look may take to join several readings of /proc/locks. A recorded set is some
 * seconds old anyway. */
#define LOOKS_MS 1000

struct lock_recorder {
	const struct group_options *options;
	worker *looks;
	worker *writes;
	struct problems *problems;
	store *store; /* borrowed; used by the writing thread */
	struct slot slot;
	gint64 due_us; /* when to look next, monotonic */
	/* owned; the checksum of each text in the store; NULL: not known */
	char *recorded[STORE_TEXT_COUNT];
};

struct record_job {
	lock_recorder *self;
	guint ticket;
	const struct group_options *options;
	store *store;
	char *lock_manager; /* owned; the incarnation under which the locks are held */
	guint64 epoch;
	gint64 begun_us;
	GBytes *found[STORE_TEXT_COUNT]; /* out; owned; NULL: nothing to record */
	/* out; owned; of the lines only, without the heading */
	char *checksum[STORE_TEXT_COUNT];
	/* out; owned; where more locks may be held; NULL: nowhere */
	char *doubt;
	gint64 took_us; /* out */
};

static void record_job_free(struct record_job *job)
{
	for (int i = 0; i < STORE_TEXT_COUNT; i++) {
		g_clear_pointer(&job->found[i], g_bytes_unref);
		g_free(job->checksum[i]);
	}
	g_free(job->lock_manager);
	g_free(job->doubt);
	g_free(job);
}

/* The heading contains the time, so it is left out. */
static char *checksum_of_lines(GBytes *bytes)
{
	gsize length;
	const char *text = g_bytes_get_data(bytes, &length);
	const char *lines = memchr(text, '\n', length);

	return g_compute_checksum_for_data(
		G_CHECKSUM_SHA256, (const guchar *)lines, length - (gsize)(lines - text));
}

/* Takes ownership of `bytes`. */
static void found(struct record_job *job, enum store_text which, GBytes *bytes)
{
	job->found[which] = bytes;
	job->checksum[which] = checksum_of_lines(bytes);
}

static void look_at_connections(struct record_job *job)
{
	g_autoptr(GArray) now = connections_now(&job->options->kernel, job->options->addresses);

	if (now != NULL)
		found(job, STORE_CONNECTIONS, connections_to_bytes(now));
}

static bool look(struct record_job *job, GError **error)
{
	const struct group_options *options = job->options;
	/* Never exact, because clients continue to lock and unlock. */
	struct lock_set_note note = {.noted_at = clock_now_s()};
	struct group_look seen = {0};
	bool good = group_look_run(&seen, options, job->lock_manager, NULL, LOOKS_MS, error);

	/* After a restart of the lock manager its old locks are no longer held; they must be
	 * recovered. */
	if (good && !seen.restarted) {
		note.partial = seen.doubts->len > 0;
		job->doubt = note.partial ? group_look_places(&seen) : NULL;
		found(job, STORE_LOCKS_RECORDED, lock_set_to_bytes(seen.held, &note));
		look_at_connections(job);
	}
	group_look_clear(&seen);
	return good;
}

static bool run_look(void *data, GError **error)
{
	struct record_job *job = data;
	gint64 began_us = clock_now_us();
	bool good = look(job, error);

	job->took_us = clock_now_us() - began_us;
	return good;
}

static bool run_record(void *data, GError **error)
{
	struct record_job *job = data;
	gint64 began_us = clock_now_us();
	bool good = true;

	for (int i = 0; good && i < STORE_TEXT_COUNT; i++) {
		if (job->found[i] != NULL)
			good = store_save_text(
				job->store, job->epoch, (enum store_text)i, job->found[i], error);
	}
	job->took_us += clock_now_us() - began_us;
	return good;
}

lock_recorder *lock_recorder_new(const struct group_options *options, worker *looks, worker *writes,
	struct problems *problems)
{
	lock_recorder *self = g_new0(lock_recorder, 1);

	self->options = options;
	self->looks = looks;
	self->writes = writes;
	self->problems = problems;
	return self;
}

void lock_recorder_use(lock_recorder *self, store *to)
{
	self->store = to;
}

void lock_recorder_doubt(lock_recorder *self, const char *doubt)
{
	g_autofree char *text = NULL;

	if (doubt != NULL)
		text = g_strdup_printf(
			"not every lock of the group can be accounted for: %s", doubt);
	problems_set(self->problems, PROBLEM_LOCK_SET, text);
}

static void finish(struct record_job *job, const GError *error)
{
	lock_recorder *self = job->self;
	g_autofree char *text = NULL;

	if (error != NULL && !g_error_matches(error, LF_ERROR, LF_ERROR_OUTDATED))
		text = g_strdup_printf("cannot record which locks and connections clients have: %s",
			error->message);
	problems_set(self->problems, PROBLEM_LOCKS, text);
	if (slot_return(&self->slot, job->ticket)) {
		if (error == NULL)
			lock_recorder_doubt(self, job->doubt);
		self->due_us = job->begun_us + job->took_us +
			       MAX(REST_MIN_S * G_USEC_PER_SEC, job->took_us * REST_PER_LOOK);
	}
	memory_freed();
	record_job_free(job);
}

static void record_done(void *data, const GError *error)
{
	struct record_job *job = data;
	lock_recorder *self = job->self;
	bool recorded = error == NULL && slot_is_wanted(&self->slot, job->ticket);

	for (int i = 0; recorded && i < STORE_TEXT_COUNT; i++) {
		if (job->found[i] == NULL)
			continue;
		g_free(self->recorded[i]);
		self->recorded[i] = g_steal_pointer(&job->checksum[i]);
	}
	finish(job, error);
}

/* Drops the texts that the store already has. Returns whether any text must be written. */
static bool keep_new(struct record_job *job, const lock_recorder *self)
{
	bool some = false;

	for (int i = 0; i < STORE_TEXT_COUNT; i++) {
		if (g_strcmp0(job->checksum[i], self->recorded[i]) == 0)
			g_clear_pointer(&job->found[i], g_bytes_unref);
		some = some || job->found[i] != NULL;
	}
	return some;
}

static void look_done(void *data, const GError *error)
{
	struct record_job *job = data;
	lock_recorder *self = job->self;

	/* A look from before the handover must not be written after it. */
	if (slot_is_wanted(&self->slot, job->ticket) && keep_new(job, self))
		worker_push(self->writes, run_record, record_done, job);
	else
		finish(job, error);
}

static void push_look(lock_recorder *self, const struct situation *now)
{
	struct record_job *job = g_new0(struct record_job, 1);

	job->self = self;
	job->ticket = slot_take(&self->slot);
	job->options = self->options;
	job->store = self->store;
	job->lock_manager = g_strdup(now->lock_manager);
	job->epoch = now->epoch;
	job->begun_us = now->now_us;
	worker_push(self->looks, run_look, look_done, job);
}

void lock_recorder_look(lock_recorder *self, const struct situation *now)
{
	if (now->phase == PHASE_SERVING && !now->stopping && !self->slot.busy &&
		now->now_us >= self->due_us)
		push_look(self, now);
}

static void forget_recorded(lock_recorder *self)
{
	for (int i = 0; i < STORE_TEXT_COUNT; i++)
		g_clear_pointer(&self->recorded[i], g_free);
}

void lock_recorder_renew(lock_recorder *self)
{
	slot_renew(&self->slot);
	self->due_us = 0;
	forget_recorded(self);
}

void lock_recorder_free(lock_recorder *self)
{
	if (self == NULL)
		return;
	forget_recorded(self);
	g_free(self);
}
