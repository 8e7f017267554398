/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The locks that are held and the connections that clients have while the group is served, recorded
 * in the store: after a crash of this node they tell which locks did not come back, and which
 * connections are to be renewed.
 *
 * Both are looked at on the thread for that, and written by the writer, so that a record of a
 * client never waits for a look. It may wait for the write, which is one file and its fsync(2): of
 * a set of 100,000 locks 6.5 MB. tests/bench/held_locks measures both.
 */

#include "base/error.h"
#include "net/connections.h"
#include "service/internal.h"
#include "service/memory.h"
#include "verify/group_look.h"

#include <string.h>

/* While the kernel lists locks it grants none, and while a set is written no record is: so both
 * together take a hundredth of the time at most, however many locks there are. */
#define REST_MIN_S 10
#define REST_PER_LOOK 100

/* Looks are joined for so long only, as a set that was recorded is a few seconds old at best. */
#define LOOKS_MS 1000

struct held_job {
	struct service *self;
	const struct group_options *options;
	char *lock_manager; /* owned; of the state */
	guint64 epoch;      /* likewise */
	guint turn;
	GBytes *found[STORE_TEXT_COUNT];  /* out; owned; NULL where there's nothing to record */
	char *checksum[STORE_TEXT_COUNT]; /* out; owned; likewise; of the lines alone, not of the
					      time */
	char *doubt;    /* out; owned; where locks may be held that are not in it; NULL: nowhere */
	gint64 took_us; /* out */
};

static void held_job_free(struct held_job *job)
{
	for (int i = 0; i < STORE_TEXT_COUNT; i++) {
		g_clear_pointer(&job->found[i], g_bytes_unref);
		g_free(job->checksum[i]);
	}
	g_free(job->lock_manager);
	g_free(job->doubt);
	g_free(job);
}

/* Behind the heading, which has the time. */
static char *checksum_of_lines(GBytes *bytes)
{
	gsize length;
	const char *text = g_bytes_get_data(bytes, &length);
	const char *lines = memchr(text, '\n', length);

	return g_compute_checksum_for_data(
		G_CHECKSUM_SHA256, (const guchar *)lines, length - (gsize)(lines - text));
}

/* Takes the bytes. */
static void found(struct held_job *job, enum store_text which, GBytes *bytes)
{
	job->found[which] = bytes;
	job->checksum[which] = checksum_of_lines(bytes);
}

static void look_at_connections(struct held_job *job)
{
	g_autoptr(GArray) now = connections_now(&job->options->kernel, job->options->addresses);

	if (now != NULL)
		found(job, STORE_CONNECTIONS, connections_to_bytes(now));
}

static bool look(struct held_job *job, GError **error)
{
	const struct group_options *options = job->options;
	/* Inexact by its kind: clients go on. */
	struct lock_set_note note = {.noted_at = g_get_real_time() / G_USEC_PER_SEC};
	struct group_look seen = {0};
	bool good = group_look_run(&seen, options, job->lock_manager, NULL, LOOKS_MS, error);

	/* The locks of one that was restarted are those to be recovered, and no more held. */
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
	struct held_job *job = data;
	gint64 began_us = g_get_monotonic_time();
	bool good = look(job, error);

	job->took_us = g_get_monotonic_time() - began_us;
	return good;
}

static bool run_record(void *data, GError **error)
{
	struct held_job *job = data;
	gint64 began_us = g_get_monotonic_time();
	bool good = true;

	for (int i = 0; good && i < STORE_TEXT_COUNT; i++) {
		if (job->found[i] != NULL)
			good = store_save_text(job->self->to, job->epoch, (enum store_text)i,
				job->found[i], error);
	}
	job->took_us += g_get_monotonic_time() - began_us;
	return good;
}

void service_doubt_locks(struct service *self, const char *doubt)
{
	g_autofree char *text = NULL;

	if (doubt != NULL)
		text = g_strdup_printf(
			"not every lock of the group can be accounted for: %s", doubt);
	problems_set(&self->problems, PROBLEM_LOCK_SET, text);
}

static void finish(struct held_job *job, const GError *error)
{
	struct service *self = job->self;
	g_autofree char *text = NULL;

	if (error != NULL && !g_error_matches(error, LF_ERROR, LF_ERROR_OUTDATED))
		text = g_strdup_printf("can't record which locks and connections clients have: %s",
			error->message);
	problems_set(&self->problems, PROBLEM_LOCKS, text);
	if (error == NULL && job->turn == self->held.turn)
		service_doubt_locks(self, job->doubt);
	self->held.busy = false;
	memory_freed();
	if (job->turn == self->held.turn)
		self->held.due_us = g_get_monotonic_time() +
				    MAX(REST_MIN_S * G_USEC_PER_SEC, job->took_us * REST_PER_LOOK);
	held_job_free(job);
}

static void record_done(void *data, const GError *error)
{
	struct held_job *job = data;
	struct held *held = &job->self->held;

	for (int i = 0; error == NULL && job->turn == held->turn && i < STORE_TEXT_COUNT; i++) {
		if (job->found[i] == NULL)
			continue;
		g_free(held->recorded[i]);
		held->recorded[i] = g_steal_pointer(&job->checksum[i]);
	}
	finish(job, error);
}

/* What is in the store already need not be written; whether anything has to. */
static bool keep_new(struct held_job *job, const struct held *held)
{
	bool some = false;

	for (int i = 0; i < STORE_TEXT_COUNT; i++) {
		if (g_strcmp0(job->checksum[i], held->recorded[i]) == 0)
			g_clear_pointer(&job->found[i], g_bytes_unref);
		some = some || job->found[i] != NULL;
	}
	return some;
}

static void look_done(void *data, const GError *error)
{
	struct held_job *job = data;
	struct service *self = job->self;

	/* What was seen before the group was handed over must not come after it. */
	if (job->turn == self->held.turn && !self->stopping && keep_new(job, &self->held))
		worker_push(self->thread, run_record, record_done, job);
	else
		finish(job, error);
}

static void push_look(struct service *self)
{
	struct held_job *job = g_new0(struct held_job, 1);

	self->held.busy = true;
	job->self = self;
	job->options = self->options;
	job->lock_manager = g_strdup(self->state->lock_manager);
	job->epoch = self->state->epoch;
	job->turn = self->held.turn;
	worker_push(self->looks, run_look, look_done, job);
}

void service_held_anew(struct service *self)
{
	self->held.turn++;
	self->held.due_us = 0;
	for (int i = 0; i < STORE_TEXT_COUNT; i++)
		g_clear_pointer(&self->held.recorded[i], g_free);
}

void service_watch_held(struct service *self)
{
	if (self->state->phase == PHASE_SERVING && !self->stopping && !self->held.busy &&
		g_get_monotonic_time() >= self->held.due_us)
		push_look(self);
}
