/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/reclaim_watch.h"

#include "base/clock.h"
#include "base/slot.h"
#include "server/server.h"
#include "service/memory.h"
#include "verify/group_look.h"

#include <qb/qblog.h>

/* The kernel grants no lock while it lists them. So looks take at most a fifth of the time (one
 * look takes 3 s if 100,000 locks are held). */
#define REST_PER_LOOK 4

struct reclaim_watch {
	const struct group_options *options;
	worker *looks;
	struct cautions *cautions;
	reclaim_watch_ended ended;
	void *data;
	struct slot slot;
	bool known; /* see struct reclaim_view */
	/* owned; the locks to reclaim; NULL while a job has them, and if they are not known */
	lock_set *locks;
	guint noted;      /* the size of the expected set */
	bool after_crash; /* recorded before a crash; otherwise noted at the handover */
	guint missing;
	bool all_back;
	char *needed_by;    /* owned */
	char *awaited;      /* owned */
	gint64 began_us;    /* when the group was taken over, monotonic */
	gint64 look_due_us; /* when to look next */
};

struct look_job {
	reclaim_watch *self;
	guint ticket;
	const struct group_options *options;
	lock_set *locks;    /* owned */
	char *lock_manager; /* owned; the incarnation under which they must be reclaimed */
	bool wait;          /* do not end grace, even if all locks are back */
	bool last;          /* grace is over: a lock that is missing now is lost */
	guint missing;      /* out */
	bool all_back;      /* out; in two looks in a row */
	gint64 begun_us;
	gint64 took_us; /* out */
	struct grace_end end;
};

/* How long each of the two looks of a job may take. */
#define LOOKS_MS 10000

/*
 * Checks whether every lock is back; a look joins several readings of /proc/locks. A lock that this
 * look did not see counts as missing until the next look. As long as many locks are missing,
 * further readings are not worth their time.
 */
static bool look(struct look_job *job, bool *all, GError **error)
{
	struct group_look seen = {0};
	bool good =
		group_look_run(&seen, job->options, job->lock_manager, job->locks, LOOKS_MS, error);

	/* After a restart of the lock manager, every lock must be reclaimed once more. None is lost
	 * yet. */
	if (good)
		job->missing =
			job->last && seen.restarted ? 0 : lock_set_missing(job->locks, seen.held);
	/* During grace only reclaims are granted. So if a lock is held now, the empty set was
	 * wrong. */
	if (good && lock_set_size(job->locks) == 0 && lock_set_size(seen.held) > 0)
		job->wait = true;
	*all = good && job->missing == 0 && !seen.restarted;
	group_look_clear(&seen);
	return good;
}

/* Two complete looks in a row are needed: a single look may list one lock twice if two clients
 * share it. */
static bool run_look_job(void *data, GError **error)
{
	struct look_job *job = data;
	gint64 began_us = clock_now_us();
	bool all;
	bool good = look(job, &all, error) && (!all || look(job, &all, error));

	job->took_us = clock_now_us() - began_us;
	job->all_back = good && all;
	if (!good || !all || job->wait)
		return good;
	return server_end_grace(job->options, job->lock_manager, &job->end, error);
}

reclaim_watch *reclaim_watch_new(const struct group_options *options, worker *looks,
	struct cautions *cautions, reclaim_watch_ended ended, void *data)
{
	reclaim_watch *self = g_new0(reclaim_watch, 1);

	self->options = options;
	self->looks = looks;
	self->cautions = cautions;
	self->ended = ended;
	self->data = data;
	return self;
}

static void forget_locks(reclaim_watch *self)
{
	self->known = false;
	self->all_back = false;
	g_clear_pointer(&self->locks, lock_set_free);
	g_clear_pointer(&self->needed_by, g_free);
}

static void say_ended(const reclaim_watch *self, gint64 now_us)
{
	double seconds = (double)(now_us - self->began_us) / G_USEC_PER_SEC;

	if (self->noted > 0)
		qb_log(LOG_NOTICE,
			"every one of the %u locks noted at the handover is back: grace is ended after %.1f s",
			self->noted, seconds);
	else
		qb_log(LOG_NOTICE, "no lock was held at the handover: grace is ended after %.1f s",
			seconds);
	if (self->awaited != NULL)
		qb_log(LOG_WARNING, "%s", self->awaited);
}

static void use_look(reclaim_watch *self, struct look_job *job)
{
	self->locks = g_steal_pointer(&job->locks);
	self->missing = job->missing;
	self->all_back = job->all_back && !job->wait;
	self->look_due_us = job->begun_us + job->took_us * (1 + REST_PER_LOOK);
	if (job->end.needed_by != NULL && g_strcmp0(self->needed_by, job->end.needed_by) != 0)
		qb_log(LOG_NOTICE,
			"every one of the %u locks noted at the handover is back, but group '%s' may still need the grace period",
			self->noted, job->end.needed_by);
	g_free(self->needed_by);
	self->needed_by = g_steal_pointer(&job->end.needed_by);
	if (!job->end.ended)
		return;
	g_free(self->awaited);
	self->awaited = g_steal_pointer(&job->end.awaited);
	say_ended(self, job->begun_us + job->took_us);
}

/* Also clients that were told and answered may have been too slow for some of their locks. */
static void say_lost(reclaim_watch *self, guint missing)
{
	g_autofree char *text = NULL;

	if (missing == 0)
		return;
	text = g_strdup_printf(
		"%u of the %u locks %s were not reclaimed before the grace period ended: unless %s, they are lost: 'lockferry verify --store %s' names them; restart their applications",
		missing, self->noted,
		self->after_crash ? "recorded before the crash" : "noted at the handover",
		self->after_crash
			? "they were unlocked right before it, or their processes have ended"
			: "the processes that held them have ended",
		self->options->store);
	cautions_add_passing(self->cautions, text, CAUTION_LOST_S);
}

static void use_result(reclaim_watch *self, struct look_job *job)
{
	if (job->last) {
		say_lost(self, job->missing);
		forget_locks(self);
		return;
	}
	use_look(self, job);
	memory_freed();
	if (!job->end.ended)
		return;
	self->ended(self->data);
	forget_locks(self);
}

static void look_failed(reclaim_watch *self, bool last, const GError *error)
{
	/* Not a problem: the grace period runs its full length. */
	qb_log(LOG_WARNING, "%s: %s",
		last ? "cannot find out whether every lock is back"
		     : "the grace period is not ended early",
		error->message);
	forget_locks(self);
}

static void look_job_done(void *data, const GError *error)
{
	struct look_job *job = data;
	reclaim_watch *self = job->self;

	/* If the group was taken over again during the job, its result is out of date. */
	if (slot_return(&self->slot, job->ticket)) {
		if (error != NULL)
			look_failed(self, job->last, error);
		else
			use_result(self, job);
	}
	grace_end_clear(&job->end);
	lock_set_free(job->locks);
	g_free(job->lock_manager);
	g_free(job);
}

/* An empty set proves nothing if locks were overlooked. So if the set is empty and there are
 * clients, wait until all of them have answered. */
static bool is_proof(const reclaim_watch *self, const struct situation *now)
{
	return self->noted > 0 || now->all_have_heard;
}

static void push_look(reclaim_watch *self, const struct situation *now, bool last)
{
	struct look_job *job = g_new0(struct look_job, 1);

	job->self = self;
	job->ticket = slot_take(&self->slot);
	job->options = self->options;
	job->locks = g_steal_pointer(&self->locks);
	job->lock_manager = g_strdup(now->lock_manager);
	job->begun_us = now->now_us;
	job->last = last;
	job->wait = last || !is_proof(self, now);
	worker_push(self->looks, run_look_job, look_job_done, job);
}

/* Clients are being told, or there is no client to wait for. */
static bool is_reclaiming(const struct situation *now)
{
	return (now->phase == PHASE_RECLAIMING && now->telling) ||
	       (!now->recovery_due && (now->phase == PHASE_ARMED || now->phase == PHASE_SERVING));
}

static void watch_nfs4(reclaim_watch *self, const struct situation *now)
{
	if (self->awaited == NULL || now->nfs4_grace_runs)
		return;
	g_clear_pointer(&self->awaited, g_free);
	qb_log(LOG_NOTICE, "the grace period of NFSv4 is over as well: new locks are granted");
}

void reclaim_watch_look(reclaim_watch *self, const struct situation *now)
{
	bool last = now->grace != KERNEL_GRACE_RUNS;

	watch_nfs4(self, now);
	if (self->locks == NULL || self->slot.busy || !is_reclaiming(now) ||
		!(last || self->known) || now->now_us < self->look_due_us)
		return;
	push_look(self, now, last);
}

void reclaim_watch_expect(
	reclaim_watch *self, const struct reclaim_expectation *expected, gint64 now_us)
{
	forget_locks(self);
	slot_renew(&self->slot);
	g_clear_pointer(&self->awaited, g_free);
	self->locks = expected->locks;
	self->known = self->locks != NULL && expected->exact && self->options->early_grace_end;
	self->after_crash = expected->after_crash;
	self->noted = self->locks != NULL ? lock_set_size(self->locks) : 0;
	self->missing = self->noted;
	self->began_us = now_us;
	self->look_due_us = 0;
}

struct reclaim_view reclaim_watch_view(const reclaim_watch *self)
{
	return (struct reclaim_view){
		.known = self->known,
		.noted = self->noted,
		.missing = self->missing,
		.all_back = self->all_back,
		.needed_by = self->needed_by,
		.awaited = self->awaited,
	};
}

void reclaim_watch_free(reclaim_watch *self)
{
	if (self == NULL)
		return;
	forget_locks(self);
	g_free(self->awaited);
	g_free(self);
}
